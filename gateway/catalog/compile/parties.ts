/** Stage two of a catalogue: agencies and their systems. */

import type { Agency, System } from '../catalog.ts';
import type { Shape } from '../check/shapes.ts';
import type { Finding, SourceFile } from '../read/document.ts';
import { fileSystemName } from '../read/file-system-name.ts';
import { type AgencySource, agencyOf } from './agency.ts';

export interface Parties {
  readonly agencies: ReadonlyMap<string, Agency>;
  readonly systems: ReadonlyMap<string, System>;
  /** Ids of an agency's systems. */
  readonly systemsOf: ReadonlyMap<string, readonly string[]>;
  /** Agency files with errors. */
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
  /** A principal belongs to one system: two would each read the other's topics. */
  const principals = new Map<string, string>();
  for (const file of sources.clientKeys) {
    for (const finding of file.findings) report(finding);
    const id = systemOf(file);
    if (id !== undefined) clientKeys.set(id, file);
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
  reportUnread(sources.clientKeys, systems, report);
  const systemsOf = new Map<string, string[]>();
  for (const { id, agency } of systems.values()) {
    const ids = systemsOf.get(agency.code);
    if (ids) ids.push(id);
    else systemsOf.set(agency.code, [id]);
  }
  return { agencies, systems, systemsOf, unreadable };
}

/** `H26.motcua` of `client-keys/H26.motcua.jwks.json`; `undefined` for a file in a directory below. */
function systemOf({ file }: SourceFile): string | undefined {
  return /^client-keys\/([^/]+)\.jwks\.json$/.exec(file)?.[1];
}

/**
 * Reports key sets that look like a system's and are not read: under the system's id in other letters, or in a directory below.
 * Any other unread set is a leftover of a removed system. Calls that a system loses are announced (`catalog/diff/lost-calls.ts`).
 */
function reportUnread(
  clientKeys: readonly SourceFile[],
  systems: ReadonlyMap<string, System>,
  report: (finding: Finding) => void,
): void {
  const keyless = new Map(
    [...systems.values()]
      .filter(({ keys, certificate }) => !certificate && 'jwks' in keys && keys.jwks.keys.length === 0)
      .map(({ id }) => [fileSystemName(id), id]),
  );
  if (keyless.size === 0) return;
  for (const { file } of clientKeys) {
    const meant = keyless.get(fileSystemName(/([^/]+)\.jwks\.json$/.exec(file)?.[1] ?? ''));
    if (meant === undefined) continue;
    const message = `is not read, and ${meant} has no key: name it client-keys/${meant}.jwks.json`;
    report({ file, line: 1, message });
  }
}
