/** Reads the business registry's journal a page at a time (docs/registries.md, "Business"); `windows.ts` chooses the window. */
import {
  type ChangesPage,
  type ChangesQuestion,
  type ChangesSince,
  type JournalChange,
  type RefusedEntry,
  UpstreamError,
} from '../../adapter.ts';
import { asSource, malformed, whole } from '../../records/mapping.ts';
import { count as readCount, readPart } from '../../records/none.ts';
import { concurrently } from '../../upstream/concurrently.ts';
import type { Ask } from '../ask.ts';
import { readEnterprise } from '../mapping.ts';
import { instantText, readCursor, roundOf, writeCursor } from './journal-cursor.ts';
import { type JournalEntry, readEntry, refuseEntry } from './journal-entry.ts';
import { firstWindow, nextRound, settledMinute, type Window } from './windows.ts';

/** Most records asked for at a time. */
export const CONCURRENCY = 4;
const PAGE = 100;

export function createJournal(ask: Ask): ChangesSince {
  return async (cursor, question) => {
    const { now } = question;
    const known = readCursor(cursor);
    const upTo = known.upTo === undefined ? undefined : Date.parse(known.upTo);
    const round = roundOf(known, now) ?? nextRound(upTo, now);
    const window = firstWindow(round, now);
    const begun = known.page?.question === window.question ? known.page : undefined;
    const offset = begun?.offset ?? 0;
    const list = await readList(ask, window, offset, begun?.count, question);

    const here = {
      ...(upTo !== undefined && { upTo: instantText(upTo) }),
      round: { from: instantText(round.from), to: instantText(round.to) },
      seen: known.seen ?? [],
    };
    if (begun && begun.count !== list.count) {
      // An entry came or went while the list was paged, and the others have moved: start again.
      return {
        ...NOTHING,
        cursor: writeCursor(here),
        readUpTo: upTo ?? round.from,
        more: true,
        calls: list.calls,
      };
    }
    const taken = await takeEntries(ask, list.items, window, new Set(here.seen), question);
    const seen = [...here.seen, ...taken.seen];
    const rest = { changes: taken.changes, refused: taken.refused, vanished: taken.vanished };
    const end = offset + list.items.length;
    if (end < list.count) {
      const page = { question: window.question, offset: end, count: list.count };
      const next = writeCursor({ ...here, page, seen });
      return {
        ...rest,
        cursor: next,
        readUpTo: upTo ?? round.from,
        more: true,
        calls: list.calls + taken.calls,
      };
    }
    const readUpTo = Math.max(Math.min(upTo ?? 0, round.to), window.to);
    const more = window.next <= round.to;
    const next = writeCursor({
      upTo: instantText(readUpTo),
      ...(more && { round: { ...here.round, from: instantText(window.next) } }),
      seen,
    });
    const behind = more || round.to < settledMinute(now);
    return { ...rest, cursor: next, readUpTo, more: behind, calls: list.calls + taken.calls };
  };
}

const NOTHING: Pick<ChangesPage, 'changes' | 'refused' | 'vanished'> = {
  changes: [],
  refused: [],
  vanished: 0,
};

function callOf({ requestId, callWithin }: ChangesQuestion) {
  return { requestId, deadline: performance.now() + callWithin };
}

/** Most parts of a page, from a registry that gives fewer entries at a time than it is asked for. */
const MOST_PARTS = 20;

/**
 * A page of the list, as far as it can be read; `count` is of the whole list. The page ends early when the list changes
 * meanwhile: the next page then finds another count.
 * @param expected the list's count when its first page was read: with another count, the page is not evaluated
 * @throws UpstreamError `malformed` also for an entry that comes twice: another was left out for it
 */
async function readList(
  ask: Ask,
  window: Window,
  offset: number,
  expected: number | undefined,
  question: ChangesQuestion,
) {
  const items: unknown[] = [];
  const known = new Set<string>();
  let [count, calls] = [expected, 0];
  while (calls < MOST_PARTS) {
    const [from, limit] = [offset + items.length, PAGE - items.length];
    const envelope = await ask(`${window.question}&offset=${from}&limit=${limit}`, callOf(question));
    const now = envelope ? readCount(envelope.DataCount, 'DataCount') : 0;
    calls++;
    if (count !== undefined && now !== count)
      return { count: items.length === 0 ? now : count, items, calls };
    count = now;
    if (!envelope) break;
    const part = readPart(envelope.Data, count - from, limit, 'Data');
    const texts = part.map((item) => JSON.stringify(item));
    if (texts.some((text) => known.has(text))) throw malformed('Data');
    for (const text of texts) known.add(text);
    items.push(...part);
    if (items.length >= Math.min(PAGE, count - offset)) break;
  }
  return { count: count ?? 0, items, calls };
}

interface Taken extends Pick<ChangesPage, 'changes' | 'refused' | 'vanished' | 'calls'> {
  readonly seen: readonly string[];
}

async function takeEntries(
  ask: Ask,
  items: readonly unknown[],
  window: Window,
  seen: ReadonlySet<string>,
  question: ChangesQuestion,
): Promise<Taken> {
  const refused: RefusedEntry[] = [];
  const entries = new Map<string, JournalEntry[]>();
  for (const item of items) {
    try {
      const entry = readEntry(asSource(item, 'Data'));
      // A list of whole days contains entries that were read before, and entries that are not settled yet.
      if (entry.at < window.from || entry.at > window.to || seen.has(keyOf(entry))) continue;
      entries.set(entry.code, [...(entries.get(entry.code) ?? []), entry]);
    } catch (error) {
      refused.push(refuseEntry(item, placesOf(error)));
    }
  }
  const subjects = [...entries.values()];
  const looked = await concurrently(subjects, CONCURRENCY, (own) => look(ask, own, question));
  return {
    changes: looked.flatMap(({ change }) => change ?? []),
    refused: [...refused, ...looked.flatMap((one) => one.refused ?? [])],
    vanished: looked.filter((one) => !one.change && !one.refused).length,
    calls: subjects.length,
    // A record that differs from the journal is read again, as long as the overlap returns its entry.
    seen: looked.flatMap(({ final }, index) => (final ? subjects[index]!.map(keyOf) : [])),
  };
}

interface Looked {
  readonly change?: JournalChange;
  readonly refused?: RefusedEntry;
  /** These entries need no further reading. */
  readonly final: boolean;
}

/** Reads the record of some entries: its present state stands for all of them. */
async function look(ask: Ask, entries: readonly JournalEntry[], question: ChangesQuestion): Promise<Looked> {
  const newest = entries.reduce((one, other) => (other.at >= one.at ? other : one));
  const expected = Math.max(...entries.map(({ changes = 0 }) => changes));
  const refuse = (reason: RefusedEntry['reason'], places: readonly string[] = []): RefusedEntry => ({
    entity: 'enterprise',
    subject: newest.code,
    version: expected,
    reference: newest.journalNumber,
    reason,
    places,
  });
  const path = `chiTietDoanhNghiep?msdn=${encodeURIComponent(newest.code)}`;
  const answer = await ask(path, callOf(question)).catch((error: unknown) => {
    if (question.lastResort && isOfRecord(error)) return 'unreadable' as const;
    throw error;
  });
  if (answer === undefined) return { final: false };
  if (answer === 'unreadable') return { refused: refuse('unreadable'), final: true };
  try {
    const data = readEnterprise(answer);
    if (data.enterpriseCode !== newest.code) throw malformed('ENTERPRISE_GDT_CODE');
    const version = whole(data.numberOfChanges, 'NUMBER_CHANGES');
    const { code: subject, occurredAt } = newest;
    const change = { entity: 'enterprise', subject, version, isNew: version === 0, occurredAt, data };
    if (version >= expected) return { change, final: true };
    return { change, refused: refuse('state_behind_journal', ['NUMBER_CHANGES']), final: false };
  } catch (error) {
    return { refused: refuse('malformed', placesOf(error)), final: true };
  }
}

/** May this failure concern only one record, and not the registry? */
function isOfRecord(error: unknown): boolean {
  if (!(error instanceof UpstreamError)) return false;
  return (
    error.failure === 'malformed' || (error.failure === 'refused' && error.reason !== 'credentials_refused')
  );
}

/** @throws an error that is not about the registry's answer */
function placesOf(error: unknown): string[] {
  if (!(error instanceof UpstreamError) || error.failure !== 'malformed') throw error;
  return typeof error.cause === 'string' ? [error.cause.replace(/^field /, '')] : [];
}

const keyOf = ({ journalNumber, changes }: JournalEntry): string => `${journalNumber}/${changes ?? ''}`;
