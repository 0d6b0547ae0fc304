/**
 * The current catalogue, and its replacement while calls go on.
 *
 * A reload compiles the files beside the catalogue in use. When they are broken, the findings are reported and the old catalogue
 * stays. When they are sound, every follower (routes, outboxes) first prepares its part for the new catalogue; then the swap
 * replaces all of them in one synchronous step. A call keeps the catalogue that it began with, because its application was built
 * on that one (`http/agencies-port.ts`).
 */
import type { Offers } from '../../../adapters/offers.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Catalog } from '../catalog.ts';
import { createCompiler, digestOf, type Sources } from '../compile/compile.ts';
import type { EndingReason } from '../diff/endings.ts';
import { CatalogError, formatFinding } from '../read/catalog-error.ts';
import type { Finding } from '../read/document.ts';
import type { CatalogCache } from './cache.ts';

/** The services and streams that end for an agreement when one catalogue replaces another. */
export interface Ending {
  /** The agreement's number. */
  readonly agreement: string;
  readonly reason: EndingReason;
  /** Streams and entities: `business.changes.read enterprise`. */
  readonly streams: readonly string[];
  /** Services whose calls are refused, or answered with less: `population.person.lookup@1`. */
  readonly services: readonly string[];
  /** Systems that lose something. */
  readonly systems: readonly string[];
  readonly topics: readonly string[];
  /** Ids of subscriptions. */
  readonly webhooks: readonly string[];
  /** When topics and webhooks are removed, RFC 3339. Calls, feeds and deliveries stop with the swap. */
  readonly at: string;
}

/** The outcome of a reload. */
export type Reload =
  | { readonly outcome: 'swapped'; readonly digest: string; readonly ends: readonly Ending[] }
  | WithoutSwap;

/** The outcome of a dry run, which only reports the endings. */
export type Plan =
  | { readonly outcome: 'planned'; readonly digest: string; readonly ends: readonly Ending[] }
  | WithoutSwap;

type WithoutSwap =
  | { readonly outcome: 'unchanged'; readonly digest: string }
  /** The files are broken; the old catalogue stays. */
  | { readonly outcome: 'refused'; readonly findings: readonly Finding[] }
  /** The files may be sound, but a part of the gateway could not prepare: worth another try. */
  | { readonly outcome: 'failed'; readonly error: unknown };

/**
 * Prepares a part of the gateway for the next catalogue, and returns its activation. The preparation MUST NOT change anything
 * that serves the catalogue in use: the swap may still be called off. The activation MUST be synchronous and MUST NOT throw.
 */
export type Follower = (next: Catalog) => Promise<() => void>;

/** Lists the grants that end when `after` replaces `before`. A rejection calls the swap off: nothing ends unannounced. */
export type Announcer = (before: Catalog, after: Catalog) => Promise<readonly Ending[]>;

/** The cause of a reload, and its operator. */
export interface ReloadOrigin {
  /** `file`, `SIGHUP`, `admin`. */
  readonly cause: string;
  /** The operator's name, if an operator asked. */
  readonly operator: string | undefined;
  /** Id of the operator's request, as in the log. */
  readonly requestId?: string;
}

/** One catalogue replaces another. Its own cause and operator are those of the first asker. */
export interface Swap extends ReloadOrigin {
  /** Digests of both. */
  readonly before: string;
  readonly after: string;
  /** Further askers of the same reload, who asked while another one ran. */
  readonly joined: readonly ReloadOrigin[];
  readonly ends: readonly Ending[];
}

/** MUST NOT resolve before the swap is durably recorded, with the id of its evidence. A rejection calls it off. */
export type Recorder = (swap: Swap) => Promise<string>;

export interface LiveCatalog {
  /** The current catalogue. */
  current(): Catalog;
  /** `follower` takes part in every swap from now on, in the order of these calls. */
  follow(follower: Follower): void;
  /** `announcer` is asked before every swap from now on. */
  announce(announcer: Announcer): void;
  /** `recorder` records every swap from now on, before it takes effect. */
  record(recorder: Recorder): void;
  /**
   * Reads the files and swaps the catalogue if they changed. Never rejects. One reload runs at a time: calls meanwhile share the
   * next one, which reads everything written before the call.
   * @param cause for log and evidence: `file`, `SIGHUP`, `admin`
   * @param operator recorded for each asker, also of a shared reload
   * @param requestId of the operator's request
   */
  reload(cause: string, operator?: string, requestId?: string): Promise<Reload>;
  /**
   * Caches the first catalogue for the next start, unless it is cached. To be called when the gateway is ready: caching a large
   * catalogue takes as long as compiling a part of it.
   */
  keepFirst(): void;
  /** A dry run of a reload: swaps nothing. Never rejects. */
  plan(): Promise<Plan>;
  /** Starts no further reload; resolves when the running one is over. */
  close(): Promise<void>;
}

export interface LiveCatalogOptions {
  /** Rejects with CatalogError when a directory cannot be read. */
  readonly read: () => Promise<Sources>;
  /** The operations of each registry's adapter. */
  readonly offers?: Offers;
  /** Keeps sound catalogues. */
  readonly cache?: CatalogCache | undefined;
  readonly log: Log;
  readonly onReload?: (reload: Reload, catalog: Catalog) => void;
}

/** @throws CatalogError when the first catalogue is broken: there is no older one to keep */
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
  let running: Promise<unknown> | undefined;
  let next: { readonly reload: Promise<Reload>; readonly askers: ReloadOrigin[] } | undefined;
  let closed = false;

  /** @param keep called with the sources of a catalogue that should be cached */
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

  async function swap([asker, ...joined]: ReloadOrigins): Promise<Reload> {
    const sources = await read();
    const digest = digestOf(sources);
    if (digest === current.digest) return { outcome: 'unchanged', digest };
    const made = await compile(sources, remember);
    const ends = await announcer(current, made);
    // Before the record: a follower that cannot prepare calls the swap off, which must not be recorded then.
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
    // The log calls the cause `trigger`, since `cause` belongs to errors there.
    log.info(
      { trigger, operator, requestId, before: before.slice(0, 12), catalogue, evidence },
      'the catalogue was swapped',
    );
    return { outcome: 'swapped', digest, ends };
  }

  async function look(): Promise<Plan> {
    const sources = await read();
    const digest = digestOf(sources);
    if (digest === current.digest) return { outcome: 'unchanged', digest };
    const made = await compile(sources, remember);
    return { outcome: 'planned', digest, ends: await announcer(current, made) };
  }

  async function attempt(askers: ReloadOrigins): Promise<Reload> {
    const before = current.digest.slice(0, 12);
    const reload = await swap(askers).catch(withoutSwap);
    report(reload, askers[0].cause, before);
    onReload(reload, current);
    return reload;
  }

  /** Logs why the old catalogue stays. */
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

  function reload(askers: ReloadOrigins): Promise<Reload> {
    if (closed) return Promise.resolve({ outcome: 'unchanged', digest: current.digest });
    if (!running) {
      const begun = attempt(askers).finally(() => {
        running = undefined;
      });
      running = begun;
      return begun;
    }
    if (next) {
      for (const asker of askers)
        if (!next.askers.some((other) => isSame(other, asker))) next.askers.push(asker);
      return next.reload;
    }
    // The running reload may have read its files already.
    const waiting: ReloadOrigins = [...askers];
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
      // The compiler runs one compilation at a time.
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

type ReloadOrigins = [first: ReloadOrigin, ...joined: ReloadOrigin[]];

const isSame = (one: ReloadOrigin, other: ReloadOrigin): boolean =>
  one.cause === other.cause && one.operator === other.operator && one.requestId === other.requestId;

/** The outcome of a reload that threw. */
function withoutSwap(error: unknown): WithoutSwap {
  return error instanceof CatalogError
    ? { outcome: 'refused', findings: error.findings }
    : { outcome: 'failed', error };
}

/** Findings in one log line; `lienthong check` prints all. */
const FINDINGS_LOGGED = 20;
/** Endings in one log line; a dry run of the reload lists all. */
const ENDS_LOGGED = 20;
