/** How often `authorise` decides in a second of CPU, on a small and on a large catalogue, turn by turn in one process. */
import type { IncomingHttpHeaders } from 'node:http';
import { randomFrom } from '../../../deploy/sandbox/registries/random.ts';
import type { Catalog, Grant } from '../../../gateway/catalog/catalog.ts';
import { authorise } from '../../../gateway/exchange/authorise.ts';
import type { Caller } from '../../../gateway/identity/caller.ts';
import { median } from '../statistics.ts';

export interface LookupRates {
  /** Decisions a second of CPU, medians of the rounds. */
  readonly small: number;
  readonly large: number;
  /** Over thousands of callers and services in turn: what the processor's caches cannot hold shows here. */
  readonly spread: number;
}

interface Call {
  readonly caller: Caller;
  readonly grant: Grant;
  readonly headers: IncomingHttpHeaders;
}

/**
 * As many calls in both catalogues, and so few that the processor holds what they need: what differs is what they are
 * looked up in.
 */
const CALLS = 8;
const SPREAD = 20_000;
const DECISIONS = 200_000;
const WARM_UP = 2;

export function measureLookups(small: Catalog, large: Catalog, rounds: number): LookupRates {
  const contestants = [
    { catalog: small, calls: callsOf(small, CALLS) },
    { catalog: large, calls: callsOf(large, CALLS) },
    { catalog: large, calls: callsOf(large, SPREAD) },
  ];
  const rates = contestants.map((): number[] => []);
  for (let round = 0; round < WARM_UP + rounds; round++) {
    // Each begins a round in turn: whoever comes second finds other caches.
    for (let turn = 0; turn < contestants.length; turn++) {
      const index = (round + turn) % contestants.length;
      const { catalog, calls } = contestants[index]!;
      const rate = decide(catalog, calls);
      if (round >= WARM_UP) rates[index]!.push(rate);
    }
  }
  const [one, two, three] = rates.map((list) => median(list)) as [number, number, number];
  return { small: one, large: two, spread: three };
}

function decide(catalog: Catalog, calls: readonly Call[]): number {
  const now = Date.now();
  const begun = process.cpuUsage();
  for (let index = 0; index < DECISIONS; index++) {
    const { caller, grant, headers } = calls[index % calls.length]!;
    const decided = authorise(catalog, caller, grant.service, headers, now);
    if (decided.grant !== grant) throw new Error('another grant was decided');
  }
  const { user, system } = process.cpuUsage(begun);
  return DECISIONS / ((user + system) / 1e6);
}

/** Calls that one grant alone decides, so that the work is the same in every catalogue. */
function callsOf(catalog: Catalog, count: number): Call[] {
  const random = randomFrom(0x10c);
  const only = [...catalog.grants].flatMap(([system, grants]) =>
    [...grants.values()].flatMap((list) => (list.length === 1 ? [[system, list[0]!] as const] : [])),
  );
  return Array.from({ length: count }, () => {
    const [system, grant] = random.pick(only);
    return { grant, caller: callerOf(catalog, system, grant), headers: headersOf(grant) };
  });
}

function callerOf(catalog: Catalog, system: string, grant: Grant): Caller {
  return {
    agency: catalog.systems.get(system)!.agency.code,
    system,
    scopes: new Set([grant.service.name]),
    tokenId: 'bench',
    keyThumbprint: 'bench',
    expiresAt: Number.POSITIVE_INFINITY,
  };
}

function headersOf({ agreement }: Grant): IncomingHttpHeaders {
  return { 'x-purpose': agreement.purposes[0], 'x-case-id': 'H26.11-261122-0001', 'x-officer-id': 'CB001' };
}
