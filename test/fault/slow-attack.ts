/**
 * Slow attacks by slowhttptest, 1,000 connections for 20 s each, while a well-behaved caller looks enterprises up: no
 * call of its fails. Attacker and caller have the same address, which is the worst case: what limits one address limits
 * both. In the last attack there are more connections than one address may have, and the caller has another one.
 */
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import type { Dispatcher } from 'undici';
import { createClient } from '../../gateway/client/client.ts';
import { CONSUMER, PURPOSE } from '../bench/catalogue.ts';
import { type Gateway, startGateway } from '../bench/contestants/gateway.ts';
import { usageOf } from '../bench/machine.ts';
import { launch } from '../bench/processes.ts';
import { enterpriseCodes } from '../bench/records/enterprise.ts';
import { figure, megabytes } from '../bench/table.ts';
import { RECORDS, UPSTREAM_CONNECTIONS, type World } from '../bench/world.ts';
import type { Fault } from './fault.ts';
import { behaveWell, type Calls } from './well-behaved.ts';

const SECONDS = 20;

interface Attack {
  readonly name: string;
  readonly connections: number;
  /** slowhttptest's, beside those for number, rate, length and URL. */
  readonly options: readonly string[];
  readonly path: string;
  /** Of the well-behaved caller. */
  readonly localAddress?: string;
}

const attacks: readonly Attack[] = [
  // A header field each second.
  {
    name: 'slow headers',
    connections: 1000,
    options: ['-H', '-i', '1', '-x', '24'],
    path: '/v1/business/enterprises',
  },
  // A form that is read before anybody is known, a few bytes each second.
  {
    name: 'slow body',
    connections: 1000,
    options: ['-B', '-i', '1', '-s', '8192', '-x', '10'],
    path: '/oauth2/token',
  },
  // A document that is read five bytes at a time.
  {
    name: 'slow read',
    connections: 1000,
    options: ['-X', '-n', '1', '-w', '512', '-y', '1024', '-z', '5', '-k', '3'],
    path: '/openapi.json',
  },
  {
    name: 'slow headers, from a few addresses too many',
    connections: 3000,
    options: ['-H', '-i', '1', '-x', '24'],
    path: '/v1/business/enterprises',
    localAddress: '127.0.0.2',
  },
];

export const slowAttack: Fault = {
  name: 'slow-attack',
  needs: { slowhttptest: 'slowhttptest' },
  async run(world, stack) {
    const gateway = await start(world, stack);
    const call = await caller(world, gateway);
    await behaveWell(call, wait(3000)); // compiled, connected
    const begun = usageOf(gateway.pid)?.residentBytes;
    const rows: (readonly string[])[] = [];
    let failures = 0;
    const measure = async (name: string, attack: Attack | undefined) => {
      const duration = attack ? strike(gateway, attack, stack) : wait(SECONDS * 1000);
      const held = attack ? watchConnections(gateway, duration) : Promise.resolve(0);
      const calls = await behaveWell(call, duration, attack?.localAddress);
      for (const [what, count] of calls.failures) {
        failures += count;
        console.log(`FAILED   ${name}: ${count} × ${what}`);
      }
      rows.push(row(name, await held, calls, usageOf(gateway.pid)?.residentBytes));
    };
    await measure('nobody else', undefined);
    for (const attack of attacks) await measure(attack.name, attack);
    await measure('nobody else, again', undefined);
    return {
      tables: [
        {
          title: `business.enterprise.lookup for a well-behaved caller, ${SECONDS} s each`,
          head: [
            'beside',
            'attacking',
            'calls',
            'failed',
            'p50 ms',
            'p99 ms',
            'new: calls',
            'p50 ms',
            'p99 ms',
            'memory MB',
          ],
          rows,
        },
      ],
      notes: [`memory of the gateway before the attacks: ${megabytes(begun)} MB`, ''],
      marks: [{ name: 'calls of the well-behaved caller that failed', value: failures, atMost: 0 }],
    };
  },
};

async function start(world: World, stack: AsyncDisposableStack): Promise<Gateway> {
  const gateway = await startGateway({
    catalogue: world.catalogue,
    databaseUrl: await world.freshDatabase('slow_attack'),
    directory: world.directory,
    upstreamPort: world.upstream.port,
    upstreamConnections: UPSTREAM_CONNECTIONS,
  });
  stack.defer(() => gateway.stop());
  return gateway;
}

async function caller(
  { catalogue }: World,
  { url }: Gateway,
): Promise<(dispatcher: Dispatcher) => Promise<void>> {
  const client = createClient({
    issuer: url,
    clientId: CONSUMER,
    privateJwk: catalogue.privateKeys[CONSUMER],
  });
  const codes = enterpriseCodes(RECORDS);
  let turn = 0;
  return async (dispatcher) => {
    const enterpriseCode = codes[turn++ % codes.length]!;
    const { statusCode, body } = await dispatcher.request({
      origin: url,
      path: `/v1/business/enterprises/${enterpriseCode}`,
      method: 'GET',
      headersTimeout: 5000,
      headers: {
        authorization: `Bearer ${await client.token()}`,
        'x-purpose': PURPOSE,
        'x-case-id': '000.00.15.H26-260302-0001',
        'x-officer-id': 'CB-0042',
      },
    });
    const answer = (await body.json()) as { data?: { enterpriseCode?: string } };
    if (statusCode !== 200 || answer.data?.enterpriseCode !== enterpriseCode) {
      throw new Error(`status ${statusCode}`);
    }
  };
}

/** Runs slowhttptest; resolves when it has ended by its own time limit, or because all its connections are closed. */
async function strike(gateway: Gateway, attack: Attack, stack: AsyncDisposableStack): Promise<void> {
  const { connections, options, path } = attack;
  const command = await launch(
    'slowhttptest',
    [
      ...options,
      ...['-c', String(connections), '-r', String(connections / 2), '-l', String(SECONDS), '-p', '5'],
      ...['-u', `http://127.0.0.1:${gateway.port}${path}`],
    ],
    { place: 'others', stdio: ['ignore', 'ignore', 'ignore'] },
  );
  stack.defer(() => command.stop());
  const limit = wait(SECONDS * 1000, undefined, { ref: false });
  if (command.child.exitCode === null) await once(command.child, 'exit');
  // It gives up early when the gateway has closed all its connections; the caller is watched to the end.
  await limit;
}

/** The most connections that the gateway had at a time, but for a handful. */
async function watchConnections({ metricsUrl }: Gateway, until: Promise<void>): Promise<number> {
  let most = 0;
  let over = false;
  void until.finally(() => {
    over = true;
  });
  while (!over) {
    const text = await (await fetch(metricsUrl)).text();
    most = Math.max(most, Number(/^lienthong_connections (\d+)/m.exec(text)?.[1] ?? 0));
    await wait(500);
  }
  return most;
}

function row(name: string, held: number, calls: Calls, residentBytes: number | undefined): string[] {
  const failed = [...calls.failures.values()].reduce((sum, count) => sum + count, 0);
  return [
    name,
    figure(held),
    figure(calls.kept.length),
    figure(failed),
    figure(quantile(calls.kept, 0.5), 1),
    figure(quantile(calls.kept, 0.99), 1),
    figure(calls.fresh.length),
    figure(quantile(calls.fresh, 0.5), 1),
    figure(quantile(calls.fresh, 0.99), 1),
    megabytes(residentBytes),
  ];
}

function quantile(values: readonly number[], share: number): number | undefined {
  return values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))];
}
