/**
 * The catalogue of the moment, and how another takes its place while calls go on.
 *
 * A reload compiles the files beside the catalogue in use. When they are broken nothing changes: the findings are
 * told and the old catalogue stays. When they are sound, everything that is made of a catalogue (routes, outboxes) is
 * made for the new one first, and only when all of it stands is the catalogue swapped, whole and at once. A call that
 * has begun keeps the catalogue that it began with: the application that serves it was built on that one
 * (`http/agencies-port.ts`).
 */
import type { Offers } from '../../../adapters/offers.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Catalog } from '../catalog.ts';
import { createCompiler, digestOf, type Sources } from '../compile/compile.ts';
import type { EndingReason } from '../diff/endings.ts';
import { CatalogError, formatFinding } from '../read/catalog-error.ts';
import type { Finding } from '../read/document.ts';
import type { CatalogCache } from './cache.ts';

/** What stops for an agreement when a catalogue takes the place of another. */
export interface Ending {
  /** The agreement's number. */
  readonly agreement: string;
  readonly reason: EndingReason;
  /** Streams and entities: `business.changes.read enterprise`. */
  readonly streams: readonly string[];
  /** Services of which calls are refused, or answered with less: `population.person.lookup@1`. */
  readonly services: readonly string[];
  /** Systems that lose something. */
  readonly systems: readonly string[];
  readonly topics: readonly string[];
  /** Ids of subscriptions. */
  readonly webhooks: readonly string[];
  /** When topics and webhooks are removed, RFC 3339. Calls, feeds and deliveries stop with the swap. */
  readonly at: string;
}

/** What came of a reload. */
export type Reload =
  | { readonly outcome: 'unchanged'; readonly digest: string }
  | {
      /** `planned`: it was only asked what a reload would end. */
      readonly outcome: 'swapped' | 'planned';
      readonly digest: string;
      readonly ends: readonly Ending[];
    }
  /** The files are broken; the catalogue before stays. */
  | { readonly outcome: 'refused'; readonly findings: readonly Finding[] }
  /** The files may be sound, but something that belongs to a catalogue could not be made: worth another try. */
  | { readonly outcome: 'failed'; readonly error: unknown };

/**
 * Makes what belongs to the next catalogue, and returns what puts it in place. Making MUST NOT change what serves the
 * catalogue in use: the swap may still be called off. Putting in place MUST be synchronous and MUST NOT throw.
 */
export type Follower = (next: Catalog) => Promise<() => void>;

/** Says what `after` ends in place of `before`. A rejection calls the swap off: nothing ends unannounced. */
export type Announcer = (before: Catalog, after: Catalog) => Promise<readonly Ending[]>;

/** Why there is a reload. */
export interface Asker {
  /** `file`, `SIGHUP`, `admin`. */
  readonly cause: string;
  /** The operator's name, if an operator asked. */
  readonly operator: string | undefined;
  /** Of the operator's request: the one in its line of the log. */
  readonly requestId?: string;
}

/** One catalogue takes the place of another. Its own cause and operator are those of the first who asked for it. */
export interface Swap extends Asker {
  /** Digests of both. */
  readonly before: string;
  readonly after: string;
  /** Those who asked for a reload while another one ran, and got this one together. */
  readonly joined: readonly Asker[];
  readonly ends: readonly Ending[];
}

/** MUST NOT resolve before the swap is durably recorded, with the id of its evidence. A rejection calls it off. */
export type Recorder = (swap: Swap) => Promise<string>;

export interface LiveCatalog {
  /** The catalogue of the moment. */
  current(): Catalog;
  /** `follower` takes part in every swap from now on, in the order of these calls. */
  follow(follower: Follower): void;
  /** `announcer` is asked before every swap from now on. */
  announce(announcer: Announcer): void;
  /** `recorder` records every swap from now on, before it takes effect. */
  record(recorder: Recorder): void;
  /**
   * Reads the files and swaps the catalogue if they changed. Never rejects. One reload runs at a time: whoever asks
   * while one runs gets the next, which sees all that was written before the question.
   * @param cause for log and evidence: `file`, `SIGHUP`, `admin`
   * @param operator who asks; each asker is recorded, also of those who share a reload
   * @param requestId of the operator's request
   */
  reload(cause: string, operator?: string, requestId?: string): Promise<Reload>;
  /**
   * Keeps the first catalogue for the next start, unless it was kept before. To be called when the gateway is ready: keeping a
   * large one takes as long as compiling a part of it.
   */
  keepFirst(): void;
  /** What a reload would come to now; nothing is swapped. Never rejects. */
  plan(): Promise<Reload>;
  /** No reload begins from now on; resolves when the one that runs is over. */
  close(): Promise<void>;
}

export interface LiveCatalogOptions {
  /** Rejects with CatalogError when a directory cannot be read. */
  readonly read: () => Promise<Sources>;
  /** What each registry's adapter serves. */
  readonly offers?: Offers;
  /** Where sound catalogues are kept, if anywhere. */
  readonly cache?: CatalogCache | undefined;
  readonly log: Log;
  readonly onReload?: (reload: Reload, catalog: Catalog) => void;
}

/** @throws CatalogError when the first catalogue is broken: there is no older one to stay */
export async function openLiveCatalog(options: LiveCatalogOptions): Promise<LiveCatalog> {
  const { read, cache, log, onReload = () => {} } = options;
  const followers: Follower[] = [];
  let announcer: Announcer = async () => [];
  let recorder: Recorder | undefined;
  const compiler = createCompiler(options.offers);
  let remembering: Promise<void> | undefined;
  let first: Sources | undefined;
  let current = await compile(await read(), (sources) => {
    first = sources;
  });
  let running: Promise<Reload> | undefined;
  let next: { readonly reload: Promise<Reload>; readonly askers: Asker[] } | undefined;
  let closed = false;

  /** @param keep given the sources of a catalogue that is to be remembered */
  async function compile(sources: Sources, keep: (sources: Sources) => void): Promise<Catalog> {
    if (await cache?.recall(sources)) {
      try {
        return await compiler.compile(sources);
      } catch (error) {
        log.warn({ err: error }, 'a kept catalogue cannot be used: the files are read instead');
        return compiler.compile(await read());
      }
    }
    const made = await compiler.compile(sources);
    keep(sources);
    return made;
  }

  function remember(sources: Sources): void {
    first = undefined;
    if (!cache) return;
    const before = remembering;
    remembering = compiler
      .complete(sources)
      .then(() => before)
      .then(() => cache.remember(sources));
  }

  async function swap([asker, ...joined]: Askers): Promise<Reload> {
    const sources = await read();
    const digest = digestOf(sources);
    if (digest === current.digest) return { outcome: 'unchanged', digest };
    const made = await compile(sources, remember);
    const ends = await announcer(current, made);
    // Before the record: a follower that cannot be made calls the swap off, and it must not be on record then.
    const activations = [];
    for (const follower of followers) activations.push(await follower(made));
    const catalogue = digest.slice(0, 12);
    if (ends.length > 0) {
      log.warn(
        { trigger: asker.cause, catalogue, agreements: ends.length, ends: ends.slice(0, ENDS_LOGGED) },
        'this catalogue ends what agreements granted',
      );
    }
    const { digest: before } = current;
    const evidence = await recorder?.({ before, after: digest, ...asker, joined, ends });
    for (const activate of activations) activate();
    current = made;
    const { cause: trigger, operator, requestId } = asker;
    // What `cause` names is `trigger` in the log, where `cause` is an error's.
    log.info(
      { trigger, operator, requestId, before: before.slice(0, 12), catalogue, evidence },
      'the catalogue was swapped',
    );
    return { outcome: 'swapped', digest, ends };
  }

  async function look(): Promise<Reload> {
    const sources = await read();
    const digest = digestOf(sources);
    if (digest === current.digest) return { outcome: 'unchanged', digest };
    const made = await compile(sources, remember);
    return { outcome: 'planned', digest, ends: await announcer(current, made) };
  }

  async function attempt(askers: Askers): Promise<Reload> {
    const before = current.digest.slice(0, 12);
    const reload = await swap(askers).catch(withoutSwap);
    report(reload, askers[0].cause, before);
    onReload(reload, current);
    return reload;
  }

  /** Why the catalogue before stays. */
  function report(reload: Reload, cause: string, before: string): void {
    if (reload.outcome === 'refused') {
      const findings = reload.findings.slice(0, FINDINGS_LOGGED).map(formatFinding);
      log.error(
        { trigger: cause, catalogue: before, errors: reload.findings.length, findings },
        'the new catalogue is broken: the old one stays',
      );
    } else if (reload.outcome === 'failed') {
      log.error(
        { trigger: cause, catalogue: before, err: reload.error },
        'the catalogue could not be swapped',
      );
    }
  }

  function reload(askers: Askers): Promise<Reload> {
    if (closed) return Promise.resolve({ outcome: 'unchanged', digest: current.digest });
    if (!running) {
      running = attempt(askers).finally(() => {
        running = undefined;
      });
      return running;
    }
    if (next) {
      for (const asker of askers)
        if (!next.askers.some((other) => isSame(other, asker))) next.askers.push(asker);
      return next.reload;
    }
    // The one that runs may have read its files already.
    const waiting: Askers = [...askers];
    next = {
      askers: waiting,
      reload: running.then(() => {
        next = undefined;
        return reload(waiting);
      }),
    };
    return next.reload;
  }

  return {
    current: () => current,
    follow: (follower) => void followers.push(follower),
    announce(given) {
      announcer = given;
    },
    record(given) {
      recorder = given;
    },
    reload: (cause, operator, requestId) => reload([{ cause, operator, ...(requestId && { requestId }) }]),
    keepFirst() {
      if (first) remember(first);
    },
    async plan() {
      if (closed) return { outcome: 'unchanged', digest: current.digest };
      // The compiler works for one at a time.
      while (running) await running;
      const planning = look().catch(withoutSwap);
      running = planning.finally(() => {
        running = undefined;
      });
      return planning;
    },
    async close() {
      closed = true;
      await running;
      await remembering;
    },
  };
}

type Askers = [first: Asker, ...joined: Asker[]];

const isSame = (one: Asker, other: Asker): boolean =>
  one.cause === other.cause && one.operator === other.operator && one.requestId === other.requestId;

/** Why there is no other catalogue. */
function withoutSwap(error: unknown): Reload {
  return error instanceof CatalogError
    ? { outcome: 'refused', findings: error.findings }
    : { outcome: 'failed', error };
}

/** A whole broken catalogue in one log line would help nobody: `lienthong check` tells all. */
const FINDINGS_LOGGED = 20;
/** As few; a dry run of the reload tells all. */
const ENDS_LOGGED = 20;
