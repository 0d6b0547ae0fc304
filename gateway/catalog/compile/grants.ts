/** Stage four of a catalogue: the maps for the look-ups of a call. */

import type { Agreement, Catalog, Grant, StreamGrant } from '../catalog.ts';
import type { Finding, SourceFile } from '../read/document.ts';
import type { CompiledAgreement } from './agreement.ts';

/** Adds agreements one by one, in the order of their files. */
export interface GrantIndex extends Pick<Catalog, 'agreements' | 'grants' | 'feeds' | 'streamGrants'> {
  add(compiled: CompiledAgreement, file: SourceFile): void;
}

export function createGrantIndex(report: (finding: Finding) => void): GrantIndex {
  const agreements = new Map<string, Agreement>();
  const grants = new Map<string, Map<string, Grant[]>>();
  const feeds = new Map<string, Map<string, StreamGrant[]>>();
  const streamGrants: StreamGrant[] = [];

  function addGrant(system: string, grant: Grant, file: SourceFile): void {
    const { key } = grant.service;
    const rival = grants
      .get(system)
      ?.get(key)
      ?.find((other) => overlaps(other.agreement, grant.agreement));
    if (rival) {
      report(
        file.finding(
          '/purposes',
          `${system} has ${key} for the same purpose and time by ${rival.agreement.number}`,
        ),
      );
    }
    append(grants, system, key, grant);
  }

  return {
    agreements,
    grants,
    feeds,
    streamGrants,
    add({ agreement, systems, grants: ofServices, streamGrants: ofStreams }, file) {
      if (agreements.has(agreement.number)) {
        report(file.finding('/agreement', `agreement ${agreement.number} is defined twice`));
      }
      agreements.set(agreement.number, agreement);
      streamGrants.push(...ofStreams);
      for (const system of systems) {
        for (const grant of ofServices) addGrant(system, grant, file);
        for (const grant of ofStreams) append(feeds, system, grant.stream.registry, grant);
      }
    },
  };
}

/** Could both agreements decide the same call? The gateway could not choose. */
function overlaps(one: Agreement, other: Agreement): boolean {
  return (
    one.validFrom < other.validUntil &&
    other.validFrom < one.validUntil &&
    one.purposes.some((purpose) => other.purposes.includes(purpose))
  );
}

function append<T>(map: Map<string, Map<string, T[]>>, one: string, two: string, value: T): void {
  let inner = map.get(one);
  if (!inner) {
    inner = new Map();
    map.set(one, inner);
  }
  const list = inner.get(two);
  if (list) list.push(value);
  else inner.set(two, [value]);
}
