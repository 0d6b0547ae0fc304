/**
 * THE PROOF THAT NOTHING IS LOST: changes are pushed through real replicas of the gateway into real PostgreSQL and a real
 * Kafka of three brokers, while all of these are killed, stopped and moved about (`faults.ts`); subscribers follow in
 * every way there is (`subscribers/`); and what each has received is held against what it had to (`ledger.ts`).
 */
import { randomBytes } from 'node:crypto';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { freePort } from '../../../deploy/sandbox/free-port.ts';
import { startKafka } from '../../../deploy/sandbox/kafka-server.ts';
import { startPostgres } from '../../../deploy/sandbox/postgres.ts';
import { createClient, type TokenClient } from '../../../gateway/identity/client.ts';
import { enterpriseCodes } from '../../bench/records/enterprise.ts';
import { PROVIDER, topicOf } from './agreements.ts';
import { writeCatalogue } from './catalogue.ts';
import { digestOfCopy, digestOfRegistry } from './copy-digest.ts';
import { openDoor } from './door.ts';
import { leaderOf, type Suffered, sufferFaults } from './faults.ts';
import { historyOf } from './history.ts';
import { type Ledger, openLedger, type Verdict } from './ledger.ts';
import type { Plan } from './plan.ts';
import { startProvider } from './provider.ts';
import { openRegistry } from './registry.ts';
import { makeReplica, type Replica } from './replicas.ts';
import { subscribers } from './subscribers/subscribers.ts';

export interface RunOptions {
  readonly plan: Plan;
  readonly seed: number;
  /** A module that replicas load before the gateway, to break it. */
  readonly preload?: string;
  /** Told what happens, line by line. */
  readonly tell: (line: string) => void;
}

export interface Outcome {
  readonly pushed: number;
  /** Answers but 201, and failures to get any, by what they were. */
  readonly refusals: ReadonlyMap<string, number>;
  readonly suffered: Suffered;
  readonly verdicts: readonly {
    readonly subscriber: string;
    readonly verdict: Verdict;
    /** Of the copy made from its events, and of the registry under its agreement. */
    readonly digests: { readonly copy: string; readonly registry: string };
  }[];
  /** Bytes of resident memory of each replica at the end. */
  readonly memory: readonly (number | undefined)[];
  readonly seconds: number;
  /** What the replicas' logs complained of last; to be shown when something is wrong. */
  readonly complaints: readonly string[];
}

/**
 * @param stack ends all that is started here
 * @throws Error when something does not come back, an answer is wrong, or the plan's limit passes
 */
export async function runChanges(options: RunOptions, stack: AsyncDisposableStack): Promise<Outcome> {
  const { plan, seed } = options;
  const begun = performance.now();
  const tell = (line: string) =>
    options.tell(`${((performance.now() - begun) / 1000).toFixed(1).padStart(6)} s  ${line}`);
  const over = new AbortController();
  const limit = setTimeout(
    () => over.abort(new Error(`the run was not over after ${plan.limit} ms`)),
    plan.limit,
  );
  stack.defer(() => clearTimeout(limit));
  stack.defer(() => over.abort(new Error('the run is over')));
  const { signal } = over;
  tell(`seed ${seed}: ${plan.subjects * plan.versions} changes of ${plan.subjects} subjects`);

  const codes = enterpriseCodes(plan.subjects);
  const registry = await openRegistry(codes);
  stack.defer(() => registry.close());
  const scene = await setUp(options, registry.url, signal, tell, stack);
  const { door, clientOf, kafka, postgres, replicas, catalogue } = scene;
  const client = await clientOf(PROVIDER);
  const provider = startProvider({ url: door, client, plan, seed, codes, registry, signal });
  const { pushes } = provider;
  const history = (serial: number) => historyOf(seed, serial, codes[serial]!, plan.versions);
  const readers: { name: string; ledger: Ledger; stop: () => Promise<void> }[] = [];
  for (const { name, agreement, follow } of subscribers) {
    const ledger = openLedger({ agreement, codes, history, pushes });
    const stop = await follow({ url: door, brokers: kafka.brokers, client: clientOf }, (one) =>
      ledger.take(one),
    );
    stack.defer(() => stop().catch(() => {}));
    readers.push({ name, ledger, stop });
  }
  await firstEvents(readers, signal);

  const topics = [...new Set(subscribers.map(({ agreement }) => topicOf(agreement)))];
  const stage = { kafka, postgres, replicas, catalogue, topics, plan, seed, signal, tell };
  const faults = sufferFaults(stage);
  const failed = new Promise<never>((_, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason)),
  );
  failed.catch(() => {});
  try {
    const [suffered] = await Promise.race([Promise.all([faults, provider.done]), failed]);
    tell(`${pushes.pushed} changes are pushed, all faults suffered`);
    await leaderOf(stage);
    await arrived(readers, plan.patience, signal, tell);
    for (const { stop } of readers) await stop();
    return {
      ...{ pushed: pushes.pushed, refusals: pushes.refusals, suffered },
      verdicts: await Promise.all(
        readers.map(async ({ name, ledger }) => ({
          subscriber: name,
          verdict: ledger.verdict(),
          digests: {
            copy: digestOfCopy(ledger.copy()),
            registry: await digestOfRegistry(door, await clientOf(ledger.agreement.consumer)),
          },
        })),
      ),
      memory: await Promise.all(replicas.map((replica) => replica.memory())),
      seconds: (performance.now() - begun) / 1000,
      complaints: await complaintsOf(replicas),
    };
  } catch (cause) {
    over.abort(cause);
    await Promise.allSettled([faults, provider.done]);
    const lines = [
      `seed ${seed}: ${(cause as Error).message}`,
      ...readers.map(({ name, ledger }) => `${name}: ${JSON.stringify(ledger.verdict())}`),
      `answers: ${JSON.stringify([...pushes.refusals])}`,
      ...(await complaintsOf(replicas)),
    ];
    throw new Error(lines.join('\n'), { cause });
  }
}

async function setUp(
  { preload }: RunOptions,
  registryUrl: string,
  signal: AbortSignal,
  tell: (line: string) => void,
  stack: AsyncDisposableStack,
) {
  const directory = await mkdtemp(join(tmpdir(), 'lienthong-fault-'));
  stack.defer(() => rm(directory, { recursive: true, force: true }));
  const [postgres, kafka, catalogue] = await Promise.all([
    startPostgres({ dataDir: join(directory, 'postgres'), persistent: false }).then((server) => {
      stack.defer(() => server.stop());
      return server;
    }),
    startKafka({ brokers: 3, dataDir: join(directory, 'kafka') }).then((cluster) => {
      stack.defer(() => cluster.stop());
      return cluster;
    }),
    writeCatalogue(directory),
  ]);
  signal.throwIfAborted();
  const doorPort = await freePort();
  const replicas: Replica[] = [];
  const door = await openDoor(doorPort, () => replicas.map(({ port }) => port));
  stack.defer(() => door.close());
  const environment = {
    HOST: '127.0.0.1',
    PUBLIC_URL: door.url,
    DATABASE_URL: postgres.url,
    CONTRACTS_DIR: catalogue.contractsDir,
    CLIENT_KEYS_DIR: catalogue.clientKeysDir,
    MASTER_KEY: randomBytes(32).toString('base64url'),
    KAFKA_BROKERS: kafka.brokers.join(),
    BUSINESS_URL: registryUrl,
    BUSINESS_CONSUMER_KEY: 'fault-test',
    BUSINESS_CONSUMER_SECRET: 'fault-test',
    LOG_LEVEL: 'info',
    ...(preload && { NODE_OPTIONS: `--import=${await within(catalogue.clientKeysDir, preload)}` }),
  };
  for (const name of ['replica-1', 'replica-2']) {
    const replica = await makeReplica(name, directory, environment);
    stack.defer(() => replica.stop());
    replicas.push(replica);
  }
  await Promise.all(replicas.map((replica) => replica.start()));
  tell('PostgreSQL, three brokers and two replicas are ready');
  const clients = new Map<string, Promise<TokenClient>>();
  return {
    ...{ kafka, postgres, replicas, catalogue, door: door.url },
    clientOf(system: string) {
      const client =
        clients.get(system) ??
        catalogue
          .privateKey(system)
          .then((privateJwk) => createClient({ issuer: door.url, clientId: system, privateJwk }));
      clients.set(system, client);
      return client;
    },
  };
}

/** The gateway reads no file but those that it needs: a module to be loaded has to lie among them. */
async function within(directory: string, module: string): Promise<string> {
  const copy = join(directory, 'preload.mts');
  await copyFile(module, copy);
  return copy;
}

/** Faults begin when everything flows. */
async function firstEvents(readers: readonly { ledger: Ledger }[], signal: AbortSignal): Promise<void> {
  while (!signal.aborted && readers.some(({ ledger }) => ledger.received === 0)) await wait(50);
}

/** Waits until nobody lacks anything, or for as long as the plan has patience without anything new. */
async function arrived(
  readers: readonly { name: string; ledger: Ledger }[],
  patience: number,
  signal: AbortSignal,
  tell: (line: string) => void,
): Promise<void> {
  const received = () => readers.reduce((sum, { ledger }) => sum + ledger.received, 0);
  let last = received();
  let since = Date.now();
  while (!signal.aborted) {
    if (readers.every(({ ledger }) => ledger.verdict().lost === 0)) return tell('everything has arrived');
    if (received() !== last) {
      last = received();
      since = Date.now();
    }
    if (Date.now() - since > patience) return tell(`nothing more comes, for ${patience} ms`);
    await wait(250);
  }
}

async function complaintsOf(replicas: readonly Replica[]): Promise<string[]> {
  const all = await Promise.all(replicas.map((replica) => replica.complaints(15)));
  return replicas.flatMap(({ name }, index) => all[index]!.map((line) => `${name}: ${line}`));
}
