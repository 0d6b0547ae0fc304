/**
 * (i): changes one by one to many: five hundred streams and fifty webhooks under five agreements, on one gateway that
 * answers look-ups meanwhile. Everybody must get all that its agreement grants, in order and without gaps, no more than two
 * seconds after the provider got the answer that the change is stored.
 */
import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createClient } from '../../gateway/client/client.ts';
import { CONSUMER, PROVIDER } from './catalogue.ts';
import { watchMemory } from './changes/memory.ts';
import { DECLARED, type Gateway, startGateway } from './contestants/gateway.ts';
import { type FanoutCatalogue, writeFanoutCatalogue } from './fanout/catalogue.ts';
import { changeBody, serialOf } from './fanout/changes.ts';
import { chooseFollowers, type Followers, openStreams, openWebhooks } from './fanout/followers.ts';
import type { Paced, PacedJob } from './fanout/job.ts';
import { expectedOf, type Lag, lagOf, requireAll } from './fanout/lag.ts';
import { reportFanout } from './fanout/report.ts';
import { usageOf } from './machine.ts';
import type { Options } from './options.ts';
import { startWorker, type Worker } from './processes.ts';
import { enterpriseCodes } from './records/enterprise.ts';
import type { Report } from './report.ts';
import { query, RECORDS, UPSTREAM_CONNECTIONS, type World } from './world.ts';

const PACED = join(import.meta.dirname, 'fanout', 'paced.ts');

const STREAMS = 500;
const WEBHOOKS = 50;
/** A second. */
const CHANGES = 20;
const LOOKUPS = 50;
/** Milliseconds that the last events may take to arrive. */
const CATCH_UP = 30_000;

export async function measureFanout(world: World, options: Options): Promise<Report> {
  const stack = new AsyncDisposableStack();
  try {
    return await fanOut(world, options, stack);
  } finally {
    await stack.disposeAsync();
  }
}

async function fanOut(world: World, options: Options, stack: AsyncDisposableStack): Promise<Report> {
  const directory = join(world.directory, 'fanout');
  await mkdir(directory);
  const catalogue = await writeFanoutCatalogue(directory, world.catalogue);
  const databaseUrl = await world.freshDatabase('fanout');
  const gateway = await startOn(world, catalogue, { databaseUrl, directory, profile: options.profile });
  stack.defer(() => gateway.stop());
  const pace = async () => {
    const worker = await startWorker<PacedJob, Paced>(PACED, 'others');
    stack.defer(() => worker.stop());
    return worker;
  };
  const [provider, caller] = [await pace(), await pace()];
  const { agreements } = catalogue;
  const webhooks = await openWebhooks(gateway, chooseFollowers(gateway, agreements, WEBHOOKS), stack);
  const streams = await openStreams(gateway, chooseFollowers(gateway, agreements, STREAMS), stack);

  // Half as long again before: what is kept of changes has its size then.
  const before = Math.round(options.fanout / 2);
  const warmUp = CHANGES * before;
  const total = warmUp + CHANGES * options.fanout;
  const { push, lookUp } = await senders(world, gateway, { provider, caller });
  const [pushedFirst] = await Promise.all([push(0, warmUp), lookUp(LOOKUPS * before)]);

  const evidenceBefore = await evidenceRows(databaseUrl);
  const [usedBefore, memory] = [usageOf(gateway.pid), watchMemory(gateway.pid)];
  const [pushed, asked] = await Promise.all([push(warmUp, total), lookUp(LOOKUPS * options.fanout)]);
  const [after, resident] = [usageOf(gateway.pid), memory()];
  const evidence = (await evidenceRows(databaseUrl)) - evidenceBefore;

  for (const { faults } of [pushedFirst, pushed]) if (faults[0]) throw new Error(`a push: ${faults[0]}`);
  const acknowledgedAt = new Map<number, number>();
  for (const [from, { answeredAt }] of [
    [0, pushedFirst],
    [warmUp, pushed],
  ] as const) {
    answeredAt.forEach((at, index) => {
      acknowledgedAt.set(from + index, at);
    });
  }
  const outbox = await outboxOrder(databaseUrl);
  if (outbox.length !== total) throw new Error(`the outbox holds ${outbox.length} of ${total} changes`);
  const lagIn = async (what: string, followers: Followers): Promise<Lag> => {
    const expected = followers.agreements.map((agreement) => expectedOf(agreement, outbox));
    const received = await followers.finish(
      expected.map(({ length }) => length),
      CATCH_UP,
    );
    received.forEach((one, index) => {
      requireAll(what, one, followers.agreements[index]!, expected[index]!);
    });
    return lagOf(received, acknowledgedAt, warmUp);
  };
  return reportFanout({
    streams: await lagIn('a stream', streams),
    webhooks: await lagIn('a webhook', webhooks),
    ...{ asked, resident, evidence, changes: total - warmUp, agreements: agreements.length },
    seconds: options.fanout,
    cpuMicros: usedBefore && after && after.cpuMicros - usedBefore.cpuMicros,
    peakBytes: after?.peakBytes,
  });
}

function startOn(
  world: World,
  catalogue: FanoutCatalogue,
  where: { readonly databaseUrl: string; readonly directory: string; readonly profile: string | undefined },
): Promise<Gateway> {
  return startGateway({
    ...where,
    catalogue,
    upstreamPort: world.upstream.port,
    upstreamConnections: UPSTREAM_CONNECTIONS,
    variables: {
      MASTER_KEY: randomBytes(32).toString('base64url'),
      OUTBOUND_ALLOWED_NETWORKS: '127.0.0.0/8',
    },
  });
}

/** Who pushes changes, and who looks enterprises up, at the same time. */
async function senders(
  { catalogue: { privateKeys } }: World,
  { url: issuer, port }: Gateway,
  workers: Readonly<Record<'provider' | 'caller', Worker<PacedJob, Paced>>>,
) {
  const clientOf = (clientId: typeof CONSUMER | typeof PROVIDER) =>
    createClient({ issuer, clientId, privateJwk: privateKeys[clientId] });
  const [provider, consumer] = [clientOf(PROVIDER), clientOf(CONSUMER)];
  const codes = enterpriseCodes(RECORDS);
  return {
    push: async (from: number, to: number) =>
      workers.provider.run({
        ...{ port, perSecond: CHANGES, method: 'POST', status: 201, again: true },
        headers: {
          authorization: `Bearer ${await provider.token()}`,
          'content-type': 'application/json',
        },
        requests: Array.from({ length: to - from }, (_, index) => ({
          ...{ path: '/v1/business/changes', body: changeBody(from + index) },
        })),
      }),
    lookUp: async (count: number) =>
      workers.caller.run({
        ...{ port, perSecond: LOOKUPS, method: 'GET', status: 200, again: false },
        headers: { ...DECLARED, authorization: `Bearer ${await consumer.token()}` },
        requests: Array.from({ length: count }, (_, index) => ({
          path: `/v1/business/enterprises/${codes[index % codes.length]}`,
        })),
      }),
  };
}

/** The changes by their numbers, in the order in which they were stored. */
async function outboxOrder(databaseUrl: string): Promise<number[]> {
  const rows = await query<{ capital: string }>(
    databaseUrl,
    `SELECT data ->> 'charterCapital' AS capital FROM change WHERE registry = 'business' ORDER BY position`,
  );
  return rows.map(({ capital }) => serialOf(Number(capital)));
}

/** Of disclosures to streams and webhooks. */
async function evidenceRows(databaseUrl: string): Promise<number> {
  const [row] = await query<{ rows: number }>(
    databaseUrl,
    `SELECT count(*)::int AS rows FROM evidence WHERE service = 'business.changes.read' AND status = 200
       AND kind IN ('disclosure', 'delivery')`,
  );
  return row?.rows ?? 0;
}
