/**
 * Look-ups over HTTP on a small and on a large catalogue: two gateways as in production, the same 64 callers under 64
 * agreements on both, turn by turn. What differs is all that stands in the catalogue beside.
 */
import { join } from 'node:path';
import { createClient } from '../../../gateway/client/client.ts';
import type { Contestant } from '../contestants/contestant.ts';
import { enterpriseLookup, faultOf, type Gateway, startGateway } from '../contestants/gateway.ts';
import type { LoadJob, LoadResult } from '../load/job.ts';
import { loadRound, type Round } from '../load/load.ts';
import { startWorker } from '../processes.ts';
import { RECORDS, UPSTREAM_CONNECTIONS, type World } from '../world.ts';
import { CALLERS, type LargeCatalogue } from './contracts.ts';

const GENERATOR = join(import.meta.dirname, '..', 'load', 'generator.ts');

export interface LookupRounds {
  readonly small: readonly Round[];
  /** As many, each run next to the small catalogue's of the same index. */
  readonly large: readonly Round[];
}

interface Catalogues {
  readonly small: LargeCatalogue;
  readonly large: LargeCatalogue;
}

interface ScaleOptions {
  readonly rounds: number;
  readonly seconds: number;
  readonly warmUp: number;
  /** Of the gateways, beside what every bench sets. */
  readonly variables: Readonly<Record<string, string>>;
}

export async function measureLookups(
  world: World,
  catalogues: Catalogues,
  options: ScaleOptions,
): Promise<LookupRounds> {
  const stack = new AsyncDisposableStack();
  try {
    return await takeTurns(world, catalogues, options, stack);
  } finally {
    await stack.disposeAsync();
  }
}

async function takeTurns(
  world: World,
  catalogues: Catalogues,
  { rounds, seconds, warmUp, variables }: ScaleOptions,
  stack: AsyncDisposableStack,
): Promise<LookupRounds> {
  const generator = await startWorker<LoadJob, LoadResult>(GENERATOR, 'others');
  stack.defer(() => generator.stop());
  const start = async (name: keyof Catalogues) => {
    const catalogue = catalogues[name];
    const gateway = await startGateway({
      catalogue,
      databaseUrl: await world.freshDatabase(`scale_${name}`),
      directory: world.directory,
      upstreamPort: world.upstream.port,
      upstreamConnections: UPSTREAM_CONNECTIONS,
      variables: { ...variables, SCHEMAS_DIR: catalogue.schemasDir },
    });
    stack.defer(() => gateway.stop());
    return contestantOf(name, gateway, catalogue);
  };
  const contestants = { small: await start('small'), large: await start('large') };
  const order = ['small', 'large'] as const;
  for (const name of order) await loadRound(generator, contestants[name], warmUp);
  const measured = { small: [] as Round[], large: [] as Round[] };
  for (let turn = 0; turn < rounds; turn++) {
    // Each begins in turn: whoever comes second may find another machine.
    for (const name of turn % 2 === 0 ? order : order.toReversed()) {
      measured[name].push(await loadRound(generator, contestants[name], seconds));
    }
  }
  return measured;
}

function contestantOf(name: string, gateway: Gateway, { callers }: LargeCatalogue): Contestant {
  const under = enterpriseLookup(RECORDS);
  const clients = callers.map(({ system, privateJwk }) =>
    createClient({ issuer: gateway.url, clientId: system, privateJwk }),
  );
  return {
    name,
    pid: gateway.pid,
    port: gateway.port,
    async requests() {
      const own = await Promise.all(
        callers.map(async ({ purpose }, index) =>
          under.requests({
            // For what it does: a token for all that a system may do is as long as its agreements are many.
            Authorization: `Bearer ${await clients[index]!.token(under.name)}`,
            Accept: 'application/json',
            'X-Purpose': purpose,
            'X-Case-Id': '000.00.15.H26-260302-0001',
          }),
        ),
      );
      // Every request comes from another caller than the one before, and asks for another record.
      return own[0]!.map((_, index) => own[index % CALLERS]![index]!);
    },
    fault: (request, body) => faultOf(under, request, body, callers[request % CALLERS]!.agreement),
  };
}
