import { type Listening, listen } from '../http/listen.ts';
import type { AppliedChange } from '../http/protocol.ts';
import { renderPerson } from './cong-dan.ts';
import { populationProtocol } from './protocol.ts';
import type { PopulationRegistry } from './registry.ts';

/** Serves the population registry; the SOAP service is at `/dancuquocgia`. */
export function servePopulation(
  registry: PopulationRegistry,
  host: string,
  port: number,
): Promise<Listening> {
  return listen({
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
}
