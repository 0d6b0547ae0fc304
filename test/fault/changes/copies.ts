/**
 * Copies that the reference program keeps (docs/examples/keep-a-copy.ts), begun while changes come in and killed once on
 * the way. Their tables are in the PostgreSQL that is restarted. When all changes have come, a copy that has to be
 * repaired by its digest has lost something. (While changes are on their way a difference means nothing: the registry may
 * be ahead of the changes that it has published.)
 */
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { type Random, randomFrom } from '../../../deploy/sandbox/registries/random.ts';
import { startNode, type TestProcess } from '../../support/process.ts';
import { agreements, type TestAgreement } from './agreements.ts';

const PROGRAM = join(import.meta.dirname, '..', '..', '..', 'docs', 'examples', 'keep-a-copy.ts');
const CHECKED_WITHIN = 60_000;

const copies = [
  { from: 'kafka', agreement: agreements.taxes },
  { from: 'feed', agreement: agreements.district },
] as const;

export interface CopyVerdict {
  readonly name: string;
  readonly agreement: TestAgreement;
  /** Of the table, as the program says at last. */
  readonly digest: string;
  /** Rows that are there. */
  readonly rows: number;
  /** What it said when it had to begin anew, or found at last that its table differed. */
  readonly repairs: readonly string[];
}

export interface Copies {
  /** Waits until each has checked itself, everything applied. Ends the programs. */
  finish(): Promise<CopyVerdict[]>;
}

export interface CopiesOptions {
  /** The agencies' address. */
  readonly url: string;
  readonly brokers: readonly string[];
  readonly databaseUrl: string;
  readonly seed: number;
  /** Milliseconds over which they begin and are killed. */
  readonly spread: number;
  keyFile(system: string): string;
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
}

/** @param stack ends the programs */
export function startCopies(options: CopiesOptions, stack: AsyncDisposableStack): Copies {
  const random = randomFrom(options.seed + 303);
  const running = copies.map((copy) => keep(copy, options, random, stack));
  for (const { begun } of running) begun.catch(() => {});
  return { finish: () => Promise.all(running.map(({ finish }) => finish())) };
}

function keep(
  { from, agreement }: (typeof copies)[number],
  { url, brokers, databaseUrl, spread, keyFile, signal, log }: CopiesOptions,
  random: Random,
  stack: AsyncDisposableStack,
): { begun: Promise<void>; finish(): Promise<CopyVerdict> } {
  const name = `reference copy by ${from}, ${agreement.agreement}`;
  const database = `copy_${from}`;
  const own = new URL(databaseUrl);
  own.pathname = `/${database}`;
  const outputs: TestProcess[] = [];
  const [after, killedAfter] = [random.between(0, spread / 4), random.between(spread / 8, spread / 2)];

  function start(checkSeconds: number): TestProcess {
    const args = {
      ...{ from, registry: 'business', entity: 'enterprise', gateway: url, client: agreement.consumer },
      ...{ key: keyFile(agreement.consumer), database: own.href, brokers: brokers.join() },
      ...{ 'check-seconds': String(checkSeconds) },
    };
    const flags = Object.entries(args).flatMap(([flag, value]) => [`--${flag}`, value]);
    const program = startNode({ teardown: (end) => stack.defer(async () => void (await end())) }, [
      PROGRAM,
      ...flags,
    ]);
    outputs.push(program);
    return program;
  }

  async function begin(): Promise<void> {
    await wait(after, undefined, { signal });
    await createDatabase(databaseUrl, database, signal);
    log(`${name}: begins`);
    const program = start(3600);
    await wait(killedAfter, undefined, { signal });
    await program.end('SIGKILL');
    log(`${name}: is killed`);
    start(3600);
  }
  const begun = begin();

  return {
    begun,
    async finish() {
      await begun;
      await outputs.at(-1)?.end('SIGTERM');
      const last = start(1);
      const [line] = await last
        .line(/^.*"event":"checked".*"equal":true.*$/, CHECKED_WITHIN)
        .catch((error: Error) => {
          throw new Error(`${name}: ${error.message}`);
        });
      await last.end('SIGTERM');
      const { hash, rows } = JSON.parse(line) as { hash: string; rows: number };
      const anew = outputs.flatMap(({ output }) => output.match(/^.*"event":"start-again".*$/gm) ?? []);
      const repairs = last.output.match(/^.*"event":"differs".*$/gm) ?? [];
      return { name, agreement, digest: hash, rows, repairs: [...anew, ...repairs] };
    },
  };
}

/** PostgreSQL may be away just now. */
async function createDatabase(url: string, name: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    const client = new pg.Client(url);
    client.on('error', () => {});
    try {
      await client.connect();
      await client.query(`CREATE DATABASE ${name}`);
      return;
    } catch (error) {
      if (signal.aborted || (error as { code?: string }).code === '42P04') return;
      await wait(200);
    } finally {
      await client.end().catch(() => {});
    }
  }
}
