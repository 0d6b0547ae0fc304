/** Stage two of a catalogue: agencies and their systems. */
import { type AgencySource, agencyOf } from './agency.ts';
import type { Agency, System } from './catalog.ts';
import type { Finding, SourceFile } from './document.ts';
import type { Shape } from './shapes.ts';

export interface Parties {
  readonly agencies: ReadonlyMap<string, Agency>;
  readonly systems: ReadonlyMap<string, System>;
  /** Ids of an agency's systems. */
  readonly systemsOf: ReadonlyMap<string, readonly string[]>;
  /** Agencies' files with errors. */
  readonly unreadable: readonly SourceFile[];
}

export function compileParties(
  sources: { readonly agencies: readonly SourceFile[]; readonly clientKeys: readonly SourceFile[] },
  shape: Shape,
  report: (finding: Finding) => void,
): Parties {
  const agencies = new Map<string, Agency>();
  const systems = new Map<string, System>();
  const unreadable: SourceFile[] = [];
  const clientKeys = new Map<string, SourceFile>();
  /** One principal for two systems would give each what the other is granted. */
  const principals = new Map<string, string>();
  for (const file of sources.clientKeys) {
    for (const finding of file.findings) report(finding);
    clientKeys.set(file.file.replace(/^.*\/|\.jwks\.json$/g, ''), file);
  }
  for (const file of sources.agencies) {
    const source = shape<AgencySource>('agency', file, report);
    if (!source) {
      unreadable.push(file);
      continue;
    }
    const { agency, systems: own } = agencyOf(source, file, clientKeys, report);
    if (agencies.has(agency.code)) report(file.finding('/agency', `agency ${agency.code} is defined twice`));
    agencies.set(agency.code, agency);
    own.forEach((system, index) => {
      if (systems.has(system.id))
        report(file.finding(`/systems/${index}`, `system ${system.id} is defined twice`));
      systems.set(system.id, system);
      for (const principal of system.kafkaPrincipals ?? []) {
        const other = principals.get(principal);
        if (other !== undefined)
          report(file.finding(`/systems/${index}`, `${principal} reads Kafka for ${other} already`));
        principals.set(principal, system.id);
      }
    });
  }
  const systemsOf = new Map<string, string[]>();
  for (const { id, agency } of systems.values()) {
    const ids = systemsOf.get(agency.code);
    if (ids) ids.push(id);
    else systemsOf.set(agency.code, [id]);
  }
  return { agencies, systems, systemsOf, unreadable };
}
