/**
 * Tracks the streams that are open on this replica, limits their number, and ends them.
 *
 * A call is authorised once. A stream lasts for minutes, so it is authorised again: by its own loop before each chunk (`stream.ts`),
 * and here immediately after a revocation, a swap of the catalogue and the end of the token. A stream keeps the application of the
 * catalogue with which it began in memory (`http/agencies-port.ts`). So that old catalogues do not accumulate, a stream continues after
 * one swap, but not after a second one.
 */
import type { Catalog } from '../../catalog/catalog.ts';
import type { Follower } from '../../catalog/live/live.ts';
import type { StreamLimits } from '../../config/limits.ts';
import type { Caller } from '../../identity/caller.ts';
import type { Identity } from '../../identity/identity.ts';
import type { RevocationCheck } from '../../identity/revocations.ts';
import { Problem } from '../../problems/problem.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import type { StreamAuthorisation } from '../call.ts';
import { endOf, type StreamEnd } from './stream-end.ts';

export interface StreamRequest {
  readonly caller: Caller;
  /** The stream's scope (`business.changes.read`), a label of metrics. */
  readonly service: string;
  /** The reader's grants under `catalog`. @throws Problem when it has none */
  readonly authorise: (catalog: Catalog) => StreamAuthorisation;
}

export interface OpenStream {
  /** The grants at the beginning. The stream ends when they change. */
  readonly granted: StreamAuthorisation;
  /** Aborts when the stream is to end. */
  readonly signal: AbortSignal;
  /** The reason of the end, once `signal` has aborted. */
  readonly reason: StreamEnd | undefined;
  /** The present grants. `undefined`: the stream MUST end, and `signal` has aborted. */
  reauthorise(): StreamAuthorisation | undefined;
  /** Ends the stream. A second call has no effect. */
  end(reason: StreamEnd): void;
  /** Releases the stream. MUST be called once for every `open`. */
  close(): void;
}

export interface OpenStreams {
  /** @throws Problem `too_many_streams` (429), `overloaded` (503) */
  open(request: StreamRequest): OpenStream;
  /** The number of open streams. */
  count(): number;
  /** Authorises every stream again, under the next catalogue. */
  readonly follow: Follower;
  /** Ends all streams, and refuses new ones. */
  drain(): void;
  close(): void;
}

export interface OpenStreamsOptions {
  /** The present catalogue. */
  readonly catalog: () => Catalog;
  readonly identity: Pick<Identity, 'isStillValid'>;
  readonly revocations: Pick<RevocationCheck, 'onRevoked'>;
  readonly limits: StreamLimits;
  readonly metrics: Pick<Metrics, 'streamsOpen' | 'streamsEnded'>;
}

/** `Retry-After` in seconds, for a reader that was refused because of a limit. */
const RETRY_AFTER = 30;
/** The longest time that `setTimeout` accepts, in milliseconds. */
const MAX_TIMER = 2 ** 31 - 1;

interface Entry extends OpenStream {
  swaps: number;
  readonly tokenId: string;
  readonly check: (catalog: Catalog) => StreamAuthorisation | undefined;
}

export function trackStreams(options: OpenStreamsOptions): OpenStreams {
  const { catalog, identity, revocations, limits, metrics } = options;
  const open = new Set<Entry>();
  const perSystem = new Map<string, number>();
  let draining = false;

  const stopFollowing = revocations.onRevoked(({ kind, value }) => {
    for (const stream of open) if (kind !== 'token' || value === stream.tokenId) stream.reauthorise();
  });

  function admit({ system }: Caller): void {
    if (draining || open.size >= limits.max)
      throw new Problem('overloaded', { retryAfter: draining ? 1 : RETRY_AFTER });
    const count = perSystem.get(system) ?? 0;
    if (count >= limits.perSystem) throw new Problem('too_many_streams', { retryAfter: RETRY_AFTER });
    perSystem.set(system, count + 1);
  }

  function release({ system }: Caller): void {
    const left = perSystem.get(system)! - 1;
    if (left === 0) perSystem.delete(system);
    else perSystem.set(system, left);
  }

  return {
    open({ caller, service, authorise }) {
      const first = authorise(catalog());
      admit(caller);
      const ended = new AbortController();
      let reason: StreamEnd | undefined;
      const end = (why: StreamEnd) => {
        if (reason !== undefined) return;
        reason = why;
        ended.abort();
      };
      const check = (of: Catalog): StreamAuthorisation | undefined => {
        if (reason !== undefined) return undefined;
        try {
          if (caller.expiresAt <= Date.now()) end('token_ended');
          else if (!identity.isStillValid(caller)) end('revoked');
          else {
            const granted = authorise(of);
            if (isSame(granted, first)) return granted;
            end('agreement_changed');
          }
        } catch (error) {
          end(endOf(error));
        }
        return undefined;
      };
      const timer = setTimeout(end, Math.min(MAX_TIMER, caller.expiresAt - Date.now()), 'token_ended');
      const stream: Entry = {
        granted: first,
        signal: ended.signal,
        get reason() {
          return reason;
        },
        swaps: 0,
        tokenId: caller.tokenId,
        check,
        reauthorise: () => check(catalog()),
        end,
        close() {
          if (!open.delete(stream)) return;
          clearTimeout(timer);
          release(caller);
          metrics.streamsOpen.dec({ service });
          metrics.streamsEnded.inc({ service, reason: reason ?? 'complete' });
        },
      };
      open.add(stream);
      metrics.streamsOpen.inc({ service });
      return stream;
    },
    count: () => open.size,
    follow: async (next) => () => {
      for (const stream of open) {
        stream.check(next);
        if (++stream.swaps > 1) stream.end('catalogue_replaced');
      }
    },
    drain() {
      draining = true;
      for (const stream of open) stream.end('draining');
    },
    close: stopFollowing,
  };
}

/** Is it the same agreement, with the same fields and rows of the same entities? */
function isSame(one: StreamAuthorisation, other: StreamAuthorisation): boolean {
  return (
    one.agreement.number === other.agreement.number &&
    one.grants.length === other.grants.length &&
    one.grants.every(({ entity, digest }) =>
      other.grants.some((grant) => grant.entity.name === entity.name && grant.digest === digest),
    )
  );
}
