import { listen } from '../http/listen.ts';
import type { AppliedChange } from '../http/protocol.ts';
import { keptChanges } from '../kept-changes.ts';
import type { Started, StartOptions } from '../simulated.ts';
import { renderPerson } from './cong-dan.ts';
import { populationProtocol } from './protocol.ts';
import { PopulationRegistry } from './registry.ts';

/** Starts the population registry; the SOAP service is at `/dancuquocgia`. */
export async function start({ host, port, journal }: StartOptions): Promise<Started<PopulationRegistry>> {
  const registry = new PopulationRegistry(keptChanges(journal, 'population'));
  const server = await listen({
    host,
    port,
    protocol: populationProtocol(registry),
    applyChange(): AppliedChange {
      const { person, version, changedFields } = registry.changeSomebody();
      const occurredAt = new Date().toISOString();
      return {
        subject: person.number,
        version,
        occurredAt,
        changedFields,
        record: renderPerson(registry, person),
      };
    },
  });
  return { registry, server };
}
