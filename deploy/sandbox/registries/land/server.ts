import { type Listening, listen } from '../http/listen.ts';
import type { AppliedChange } from '../http/protocol.ts';
import { parcelKey } from './parcel.ts';
import { landProtocol } from './protocol.ts';
import type { LandRegistry } from './registry.ts';
import { renderParcel } from './render-parcel.ts';

/** Serves the land registries of all provinces; that of Hà Nội is at `/01`. */
export function serveLand(registry: LandRegistry, host: string, port: number): Promise<Listening> {
  return listen({
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
}
