/**
 * A system is revoked while it calls over 64 connections to each of two replicas, with a token that both have cached: the
 * last call that is accepted is at most two seconds later, on both. Lifted, it calls again; then once more, sent to the
 * other replica. In the last rounds the connections by which replicas hear of revocations are cut at that moment.
 *
 * Time begins when the operator's request is sent, and the last accepted call is when its answer arrives: nothing is
 * taken off for either way.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { createClient } from '../../gateway/client/client.ts';
import { CONSUMER } from '../bench/catalogue.ts';
import { DECLARED, type Gateway, startGateway } from '../bench/contestants/gateway.ts';
import { enterpriseCodes } from '../bench/records/enterprise.ts';
import { median } from '../bench/statistics.ts';
import { figure } from '../bench/table.ts';
import { query, RECORDS, UPSTREAM_CONNECTIONS, type World } from '../bench/world.ts';
import type { Fault } from './fault.ts';

const CONNECTIONS = 64;
const ROUNDS = 8;
/** So many of them, at the end, with the connections cut. */
const DEAF_ROUNDS = 3;
/** Seconds of calls before each revocation. */
const BEFORE = 2;
/** Of the issue. */
const AT_MOST = 2;
/** Seconds after which a replica that still accepts is given up. */
const GIVE_UP = 10;

const CUT =
  "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'lienthong revocations' AND datname = current_database()";

/** The results of the callers of one replica in one round; times are of `performance.now()`. */
interface Seen {
  accepted: number;
  lastAccepted: number;
  /** Connections that were refused since. */
  refused: number;
  /** Answers that are neither right nor a revocation's. */
  readonly others: string[];
}

export const revocation: Fault = {
  name: 'revocation',
  needs: {},
  async run(world, stack) {
    const operatorToken = randomBytes(32).toString('base64url');
    const databaseUrl = await world.freshDatabase('revocation');
    const replicas = await startReplicas(world, databaseUrl, operatorToken, stack);
    const agent = new Agent({ connections: CONNECTIONS, pipelining: 1 });
    stack.defer(() => agent.destroy());
    const rows: string[][] = [];
    const delays: number[] = [];
    let others = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const client = createClient({
        issuer: replicas[0].url,
        clientId: CONSUMER,
        privateJwk: world.catalogue.privateKeys[CONSUMER],
      });
      const target = replicas[round % 2]!;
      const stop = new AbortController();
      const token = await client.token();
      const callers = replicas.map((replica) => keepCalling(replica, token, agent, stop.signal));
      await wait(BEFORE * 1000);
      const deaf = round >= ROUNDS - DEAF_ROUNDS;
      if (deaf) await query(databaseUrl, CUT);
      const sent = performance.now();
      const id = await revoke(target, operatorToken);
      const answered = performance.now();
      const giveUp = setTimeout(() => stop.abort(), GIVE_UP * 1000);
      await Promise.all(callers.map(({ over }) => over));
      clearTimeout(giveUp);
      await lift(target, operatorToken, id);
      const times = callers.map(({ seen }) => (seen.lastAccepted - sent) / 1000);
      delays.push(...times);
      for (const { seen } of callers) {
        others += seen.others.length;
        for (const what of new Set(seen.others)) console.log(`FAILED   round ${round + 1}: ${what}`);
      }
      rows.push([
        `${round + 1}, sent to replica ${(round % 2) + 1}${deaf ? ', connections cut' : ''}`,
        figure(callers.reduce((sum, { seen }) => sum + seen.accepted, 0)),
        figure(answered - sent, 0),
        ...times.map((seconds) => figure(seconds * 1000, 0)),
      ]);
    }
    return {
      tables: [
        {
          title: `A system is revoked while it calls over ${CONNECTIONS} connections to each of two replicas`,
          head: [
            'round',
            'calls accepted',
            'operator answered, ms',
            'last accepted by 1, ms',
            'last accepted by 2, ms',
          ],
          rows,
        },
      ],
      notes: [
        `from the operator's request to the last accepted call: median ${figure(median(delays) * 1000, 0)} ms`,
        '',
      ],
      marks: [
        {
          name: 'last accepted call after a revocation, on either replica',
          value: Math.max(...delays),
          unit: ' s',
          atMost: AT_MOST,
        },
        { name: 'answers that are neither right nor a refusal of the revoked', value: others, atMost: 0 },
      ],
    };
  },
};

/** Two gateways behind one name, on one database. */
async function startReplicas(
  world: World,
  databaseUrl: string,
  operatorToken: string,
  stack: AsyncDisposableStack,
): Promise<readonly [Gateway, Gateway]> {
  const common = { MASTER_KEY: randomBytes(32).toString('base64url'), OPERATOR_TOKEN: operatorToken };
  const start = async (publicUrl?: string) => {
    const gateway = await startGateway({
      catalogue: world.catalogue,
      databaseUrl,
      directory: world.directory,
      upstreamPort: world.upstream.port,
      upstreamConnections: UPSTREAM_CONNECTIONS,
      variables: { ...common, ...(publicUrl && { PUBLIC_URL: publicUrl }) },
    });
    stack.defer(() => gateway.stop());
    return gateway;
  };
  const first = await start();
  return [first, await start(first.url)];
}

/** Calls over all connections; each stops when it is refused as revoked, all when `stop` says so. */
function keepCalling(
  { port }: Gateway,
  token: string,
  agent: Agent,
  stop: AbortSignal,
): { readonly seen: Seen; readonly over: Promise<unknown> } {
  const codes = enterpriseCodes(RECORDS);
  const seen: Seen = { accepted: 0, lastAccepted: Number.NEGATIVE_INFINITY, refused: 0, others: [] };
  const headers = { ...DECLARED, authorization: `Bearer ${token}` };
  let turn = 0;
  const one = async () => {
    while (!stop.aborted) {
      const { statusCode, body } = await request(
        `http://127.0.0.1:${port}/v1/business/enterprises/${codes[turn++ % codes.length]}`,
        { dispatcher: agent, headers, headersTimeout: 5000 },
      );
      const answer = (await body.json()) as { code?: string; reason?: string };
      if (statusCode === 200) {
        seen.accepted++;
        seen.lastAccepted = performance.now();
      } else if (statusCode === 401 && answer.reason === 'revoked') {
        seen.refused++;
        return;
      } else {
        seen.others.push(`${statusCode} ${answer.code} ${answer.reason ?? ''}`);
        await wait(50);
      }
    }
  };
  return { seen, over: Promise.all(Array.from({ length: CONNECTIONS }, one)) };
}

async function revoke(gateway: Gateway, operatorToken: string): Promise<number> {
  const decision = { kind: 'system', value: CONSUMER, by: 'fault test', reason: 'revoked while it calls' };
  const { id } = (await administer(gateway, operatorToken, 'POST', '', decision)) as { id: number };
  return id;
}

async function lift(gateway: Gateway, operatorToken: string, id: number): Promise<void> {
  await administer(gateway, operatorToken, 'DELETE', `/${id}`, { by: 'fault test', reason: 'next round' });
  // In force elsewhere as soon as the other replica has heard of it.
  await wait(AT_MOST * 1000);
}

async function administer(
  { metricsUrl }: Gateway,
  operatorToken: string,
  method: string,
  path: string,
  decision: object,
): Promise<unknown> {
  const response = await fetch(new URL(`/admin/revocations${path}`, metricsUrl), {
    method,
    headers: { authorization: `Bearer ${operatorToken}`, 'content-type': 'application/json' },
    body: JSON.stringify(decision),
  });
  if (!response.ok) throw new Error(`revocations: ${response.status} ${await response.text()}`);
  return response.json();
}
