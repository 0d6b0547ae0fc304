import { listen } from '../http/listen.ts';
import type { AppliedChange } from '../http/protocol.ts';
import { keptChanges } from '../kept-changes.ts';
import type { Started, StartOptions } from '../simulated.ts';
import { parcelKey } from './parcel.ts';
import { landProtocol } from './protocol.ts';
import { LandRegistry } from './registry.ts';
import { renderParcel } from './render-parcel.ts';

/** Starts the land registries of all provinces; Hà Nội's is at `/01`. */
export async function start({ host, port, journal }: StartOptions): Promise<Started<LandRegistry>> {
  const registry = new LandRegistry(keptChanges(journal, 'land'));
  const server = await listen({
    host,
    port,
    protocol: landProtocol(registry),
    applyChange(): AppliedChange {
      const { parcel, version, changedFields } = registry.changeSomething();
      const subject = parcelKey(parcel.communeCode, parcel.mapSheet, parcel.parcelNumber);
      const occurredAt = new Date().toISOString();
      return { subject, version, occurredAt, changedFields, record: renderParcel(parcel) };
    },
  });
  return { registry, server };
}
