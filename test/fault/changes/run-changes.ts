/**
 * THE PROOF THAT NOTHING IS LOST: changes are pushed through real replicas of the gateway into real PostgreSQL and a real
 * Kafka of three brokers, while all of these are killed, stopped and moved about (`faults.ts`); subscribers follow in
 * every way there is (`subscribers/`); and what each has received is held against what it had to (`ledger.ts`).
 */
import { setTimeout as wait } from 'node:timers/promises';
import { enterpriseCodes } from '../../bench/records/enterprise.ts';
import { PROVIDER, type TestAgreement, topicOf } from './agreements.ts';
import { type CopyVerdict, startCopies } from './copies.ts';
import { digestOfCopy, digestOfRegistry } from './copy-digest.ts';
import { leaderOf, type Suffered, sufferFaults, unhurt } from './faults.ts';
import { historyOf } from './history.ts';
import { type Ledger, openLedger, type Verdict } from './ledger.ts';
import type { Plan } from './plan.ts';
import { createProvider } from './provider.ts';
import { openRegistry } from './registry.ts';
import type { Replica } from './replicas.ts';
import { setUp } from './setting.ts';
import { subscribers } from './subscribers/subscribers.ts';

export interface RunOptions {
  readonly plan: Plan;
  readonly seed: number;
  /** A module that replicas load before the gateway, to break it. */
  readonly preload?: string;
  /** Told what happens, line by line. */
  readonly log: (line: string) => void;
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
  readonly copies: readonly (CopyVerdict & { readonly registry: string })[];
  /** Bytes of resident memory of each replica at the end. */
  readonly memory: readonly (number | undefined)[];
  readonly seconds: number;
  /** The last warnings and errors in the replicas' logs, which are shown when something is wrong. */
  readonly complaints: readonly string[];
}

/**
 * @param stack ends all that is started here
 * @throws Error when something does not come back, an answer is wrong, or the plan's limit passes
 */
export async function runChanges(options: RunOptions, stack: AsyncDisposableStack): Promise<Outcome> {
  const { plan, seed } = options;
  const begun = performance.now();
  const log = (line: string) =>
    options.log(`${((performance.now() - begun) / 1000).toFixed(1).padStart(6)} s  ${line}`);
  const over = new AbortController();
  const limit = setTimeout(
    () => over.abort(new Error(`the run was not over after ${plan.limit} ms`)),
    plan.limit,
  );
  stack.defer(() => clearTimeout(limit));
  stack.defer(() => over.abort(new Error('the run is over')));
  const { signal } = over;
  log(`seed ${seed}: ${plan.subjects * plan.versions} changes of ${plan.subjects} subjects`);

  const codes = enterpriseCodes(plan.subjects);
  const registry = await openRegistry(codes);
  stack.defer(() => registry.close());
  const { preload } = options;
  const setting = await setUp({ registryUrl: registry.url, preload, signal }, stack);
  const { balancer, clientOf, kafka, postgres, replicas, catalogue } = setting;
  log('PostgreSQL, three brokers and two replicas are ready');
  const client = await clientOf(PROVIDER);
  const suffered = unhurt();
  const progress = () => suffered.progress;
  const provider = createProvider({ url: balancer, client, plan, seed, codes, registry, progress, signal });
  const { pushes } = provider;
  const history = (serial: number) => historyOf(seed, serial, codes[serial]!, plan.versions);
  const readers: { name: string; ledger: Ledger; stop: () => Promise<void> }[] = [];
  for (const { name, agreement, follow } of subscribers) {
    const ledger = openLedger({ agreement, codes, history, pushes });
    const stop = await follow({ url: balancer, brokers: kafka.brokers, client: clientOf }, (one) =>
      ledger.take(one),
    );
    stack.defer(() => stop().catch(() => {}));
    readers.push({ name, ledger, stop });
  }
  const topics = [...new Set(subscribers.map(({ agreement }) => topicOf(agreement)))];
  const stage = { kafka, postgres, replicas, catalogue, topics, plan, seed, signal, log };
  const failed = new Promise<never>((_, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason)),
  );
  failed.catch(() => {});
  const copies = plan.copies
    ? startCopies(
        {
          ...{
            url: balancer,
            brokers: kafka.brokers,
            databaseUrl: postgres.url,
            seed,
            spread: plan.spread,
            signal,
            log,
          },
          keyFile: catalogue.privateKeyFile,
        },
        stack,
      )
    : undefined;
  const pushing = provider.push();
  pushing.catch(() => {});
  let faults: Promise<void> | undefined;
  try {
    await Promise.race([firstEvents(readers, signal), pushing, failed]);
    faults = sufferFaults(stage, suffered);
    faults.catch(() => {});
    await Promise.race([Promise.all([faults, pushing]), failed]);
    log(`${pushes.pushed} changes are pushed, all faults suffered`);
    await leaderOf(stage);
    await arrived(readers, plan.patience, signal, log);
    for (const { stop } of readers) await stop();
    const kept = copies ? await Promise.race([copies.finish(), failed]) : [];
    for (const { name } of kept) log(`${name}: has checked itself`);
    const digestUnder = async ({ consumer }: TestAgreement) =>
      digestOfRegistry(balancer, await clientOf(consumer));
    return {
      copies: await Promise.all(
        kept.map(async (copy) => ({ ...copy, registry: await digestUnder(copy.agreement) })),
      ),
      ...{ pushed: pushes.pushed, refusals: pushes.refusals, suffered },
      verdicts: await Promise.all(
        readers.map(async ({ name, ledger }) => ({
          subscriber: name,
          verdict: ledger.verdict(),
          digests: {
            copy: digestOfCopy(ledger.copy()),
            registry: await digestUnder(ledger.agreement),
          },
        })),
      ),
      memory: await Promise.all(replicas.map((replica) => replica.memory())),
      seconds: (performance.now() - begun) / 1000,
      complaints: await complaintsOf(replicas),
    };
  } catch (cause) {
    over.abort(cause);
    await Promise.allSettled([faults, pushing]);
    const lines = [
      `seed ${seed}: ${(cause as Error).message}`,
      ...readers.map(({ name, ledger }) => `${name}: ${JSON.stringify(ledger.verdict())}`),
      `answers: ${JSON.stringify([...pushes.refusals])}`,
      ...(await complaintsOf(replicas)),
    ];
    throw new Error(lines.join('\n'), { cause });
  }
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
  log: (line: string) => void,
): Promise<void> {
  // Nothing is pushed any more: what has to come is known, and looked for only when as much has come.
  const wanted = readers.map(({ ledger }) => ledger.verdict().sent);
  const complete = () =>
    readers.every(({ ledger }, index) => ledger.distinct >= wanted[index]!) &&
    readers.every(({ ledger }) => ledger.verdict().lost === 0);
  const received = () => readers.reduce((sum, { ledger }) => sum + ledger.received, 0);
  let last = received();
  let since = Date.now();
  while (!signal.aborted) {
    if (complete()) return log('everything has arrived');
    if (received() !== last) {
      last = received();
      since = Date.now();
    }
    if (Date.now() - since > patience) return log(`nothing more comes, for ${patience} ms`);
    await wait(250);
  }
}

async function complaintsOf(replicas: readonly Replica[]): Promise<string[]> {
  const all = await Promise.all(replicas.map((replica) => replica.complaints(15)));
  return replicas.flatMap(({ name }, index) => all[index]!.map((line) => `${name}: ${line}`));
}
