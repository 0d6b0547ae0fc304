/**
 * The durable cursor of each subscriber of a sink.
 *
 * A cursor's row carries the epoch of the leader that may move it. A new leader takes every row over by writing its own epoch.
 * From then on an update by the old leader matches no row, even if it was under way. Each sink chooses the table of its rows
 * (`sinks/kafka/topics/topic-cursors.ts`).
 */
import { type Pool, transaction } from '../../store/pool.ts';
import { type DeadLetter, storeDeadLetters } from './dead-letters.ts';
import { Fenced } from './fence.ts';
import type { Subscriber } from './subscriber.ts';

export interface Progress {
  /** Every change up to here was delivered, or is not for this subscriber. */
  readonly position: number;
  /** The sequence of the last delivered event; 0: none yet. */
  readonly sequence: number;
}

export interface Cursor extends Progress {
  /** The sink's name for the subscriber: a topic, a subscription. */
  readonly destination: string;
  /** Nothing may be sent before this time (milliseconds since the epoch). */
  readonly notBefore?: number | undefined;
  /** The first batch ends with this number: it was postponed, and must not grow. */
  readonly until?: number | undefined;
}

/** A cursor as it is stored. */
export interface CursorState extends Progress {
  readonly destination: string;
  /** Where the present grant began: events before it cannot be sent again. */
  readonly sincePosition: number;
  readonly sinceSequence: number;
}

export interface CursorStore {
  /** The table whose column `epoch` fences older leaders. */
  readonly table: string;
  /**
   * Takes the cursor of a subscriber over. Creates it when there is none.
   * @returns `undefined` when the subscriber is gone
   * @throws Fenced when a later leader has it
   */
  take(subscriber: Subscriber, epoch: number): Promise<Cursor | undefined>;
  /**
   * Moves cursors, by one statement of `client`, which MUST change no row that does not carry `epoch`.
   * @returns keys of the subscribers whose cursor was moved
   */
  move(client: Pick<Pool, 'query'>, moves: readonly Move[], epoch: number): Promise<ReadonlySet<string>>;
  /** @param key the subscriber's */
  read(key: string): Promise<CursorState | undefined>;
  /**
   * Moves a cursor back, in `client`'s transaction, and gives its row the leader's epoch.
   * @returns the destination; `undefined` when the present grant does not reach back that far
   * @throws Fenced when a later leader has it
   */
  rewind(
    client: Pick<Pool, 'query'>,
    key: string,
    back: Progress,
    epoch: number,
  ): Promise<string | undefined>;
}

export interface Move {
  readonly subscriber: Subscriber;
  readonly progress: Progress;
}

export interface CursorBook {
  /**
   * Moves a cursor, and stores the dead letters that it passes. Resolves when both are durable. While one statement is under way
   * the moves of all subscribers collect for the next.
   * @throws Fenced when a later leader has the cursor
   */
  advance(subscriber: Subscriber, progress: Progress, refused?: readonly DeadLetter[]): Promise<void>;
  /** The same, within a second, for a move over changes of which nothing was sent: nobody waits for it. */
  note(subscriber: Subscriber, progress: Progress): void;
  /** Resolves when no move of a stopped subscriber is under way any more, whether it was stored or not. */
  drained(subscriber: Subscriber): Promise<void>;
}

export interface CursorBookOptions {
  readonly pool: Pool;
  readonly cursors: CursorStore;
  readonly epoch: number;
  /** Called when a later leader has a cursor. */
  readonly onFenced: () => void;
}

interface PendingMove extends Move {
  progress: Progress;
  readonly refused: DeadLetter[];
  readonly waiters: { resolve: () => void; reject: (error: unknown) => void }[];
}

const NOTED_WITHIN = 1000;

export function openCursorBook({ pool, cursors, epoch, onFenced }: CursorBookOptions): CursorBook {
  let pending = new Map<Subscriber, PendingMove>();
  let writing = false;
  let underWay: { readonly moves: readonly PendingMove[]; readonly done: Promise<void> } | undefined;
  let timer: NodeJS.Timeout | undefined;

  async function write(): Promise<void> {
    if (writing) return;
    writing = true;
    clearTimeout(timer);
    timer = undefined;
    while (pending.size > 0) {
      const moves = [...pending.values()];
      pending = new Map();
      const done = store(moves).catch((error) => {
        for (const { waiters } of moves) for (const { reject } of waiters) reject(error);
      });
      underWay = { moves, done };
      await done;
    }
    underWay = undefined;
    writing = false;
  }

  async function store(moves: readonly PendingMove[]): Promise<void> {
    const moved = moves.some(({ refused }) => refused.length > 0)
      ? await transaction(pool, (client) => storeRefused(client, moves))
      : await cursors.move(pool, moves, epoch);
    if (moved.size < moves.length) onFenced();
    for (const { subscriber, waiters } of moves) {
      const stored = moved.has(subscriber.key);
      for (const { resolve, reject } of waiters) stored ? resolve() : reject(new Fenced());
    }
  }

  /** A dead letter is stored only together with the move past it. */
  async function storeRefused(client: Pick<Pool, 'query'>, moves: readonly PendingMove[]) {
    const moved = await cursors.move(client, moves, epoch);
    const letters = moves.flatMap(({ subscriber, refused }) => (moved.has(subscriber.key) ? refused : []));
    if (letters.length > 0) await storeDeadLetters(client, letters);
    return moved;
  }

  function collect(subscriber: Subscriber, progress: Progress): PendingMove {
    const move = pending.get(subscriber) ?? { subscriber, progress, refused: [], waiters: [] };
    move.progress = progress;
    pending.set(subscriber, move);
    return move;
  }

  return {
    advance(subscriber, progress, refused = []) {
      return new Promise((resolve, reject) => {
        const move = collect(subscriber, progress);
        move.refused.push(...refused);
        move.waiters.push({ resolve, reject });
        void write();
      });
    },
    async drained(subscriber) {
      if (underWay?.moves.some((move) => move.subscriber === subscriber)) await underWay.done;
      const move = pending.get(subscriber);
      if (!move) return;
      await new Promise<void>((resolve) => {
        move.waiters.push({ resolve, reject: () => resolve() });
        void write();
      });
    },
    note(subscriber, progress) {
      collect(subscriber, progress);
      timer ??= setTimeout(write, NOTED_WITHIN).unref();
    },
  };
}
