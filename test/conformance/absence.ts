/**
 * Nothing is absent because something is missing: whatever one thing is changed in a good answer, a record that is there is never
 * "not there", a list never shorter, a request that was applied never rejected or unknown. It is what it was, or a failure, or, for a
 * caller with a scope, counted as undecided.
 */
import fc from 'fast-check';
import type { Test } from 'tap';
import { type CallContext, UpstreamError } from '../../adapters/adapter.ts';
import { type Received, type Reply, type Respond, send } from '../adapters/support/server.ts';
import { callOf, invoke, patient, setUp, versioned } from './calls.ts';
import { isOneOf, mutationsOf } from './mutations.ts';
import type { Check, ListSubject, ScanSubject, Subject } from './subject.ts';

/** The breaker of an upstream that sends nothing but nonsense would refuse most of it. */
export const never = { breaker: { consecutive: 1e9, minimum: 1e9 } };
/** Answers with two things changed, drawn at random. */
const PAIRS = 150;
/** Where each request names which answer it is to get. */
const AT_A_TIME = 4;

/**
 * Tries every answer that has one thing changed, and some with two.
 * @param said the registry's ways of saying "none": what happens to be one of them may be taken for it
 * @param ask asks for one, and says what of it is wrong; undefined: nothing
 */
export async function tryMutations(
  t: Test,
  good: Reply,
  said: readonly Reply[],
  ask: (reply: Reply) => Promise<string | undefined>,
  atATime = 1,
): Promise<void> {
  const wrong: string[] = [];
  const tryOne = async (what: string, reply: Reply) => {
    const fault = await ask(reply);
    const isWrong = fault !== undefined && !isOneOf(reply, said);
    if (isWrong) wrong.push(`${what}: ${fault}`);
    return !isWrong;
  };
  const left = mutationsOf(good).values();
  const work = async () => {
    for (const [what, reply] of left) await tryOne(what, reply());
  };
  await Promise.all(Array.from({ length: atATime }, work));
  t.strictSame(wrong, []);
  const chosen = (from: Reply) => fc.constantFrom(...mutationsOf(from));
  const pair = chosen(good).chain(([first, reply]) =>
    chosen(reply()).map(([second, both]) => [`${first}, ${second}`, both()] as const),
  );
  const property = fc.asyncProperty(pair, ([what, reply]) => tryOne(what, reply));
  const { failed, counterexample } = await fc.check(property, { numRuns: PAIRS });
  t.notOk(failed, 'two things changed', { counterexample });
}

/** Sends to each request the answer that is set for its id: the first time, and then what is right. */
function byRequest(subject: Subject, honest: (received: Received) => Reply) {
  const replies = new Map<string, Reply>();
  const respond: Respond = (response, received) => {
    const id = subject.requestIdOf(received) ?? '';
    const reply = replies.get(id) ?? honest(received);
    replies.delete(id);
    send(reply)(response, received);
  };
  let count = 0;
  return {
    respond,
    call(reply: Reply, overrides: Partial<CallContext> = {}): CallContext {
      const requestId = `0198c0de-0000-7000-8000-${String(++count).padStart(12, '0')}`;
      replies.set(requestId, reply);
      return callOf(patient, { requestId, ...overrides });
    },
  };
}

/** @returns undefined for a failure that the port knows */
export async function unlessFailed<T>(
  work: Promise<T>,
  judge: (value: T) => string | undefined,
): Promise<string | undefined> {
  try {
    return judge(await work);
  } catch (error) {
    return error instanceof UpstreamError ? undefined : `threw ${error}`;
  }
}

export function testAbsence(subject: Subject, test: Check): void {
  const { operation, request, absent, found, scope } = subject;
  for (const within of scope ? [undefined, scope.inside] : [undefined]) {
    const who = within ? 'a caller with a scope' : 'a caller without a scope';
    test(`nothing is absent because something is missing: a record, ${who}`, async (t) => {
      // What is right comes once: a call that is repeated (a token that is refused) is given the same answer again.
      const { respond, call } = byRequest(subject, () => found);
      const { adapter } = await setUp(t, subject, respond, never);
      await tryMutations(
        t,
        found,
        absent,
        (reply) =>
          unlessFailed(invoke(adapter, operation, request, call(reply, { within })), (answer) =>
            answer.found || (within && answer.undecided) ? undefined : 'absent',
          ),
        AT_A_TIME,
      );
      t.strictSame(await invoke(adapter, operation, request, call(found, { within })), {
        found: true,
        data: subject.data,
      });
    });
    for (const list of subject.lists ?? []) {
      test(`nothing is absent because something is missing: ${list.operation}, ${who}`, (t) =>
        tryList(t, subject, list, within));
    }
  }
  for (const scan of subject.scans ?? []) {
    test(`nothing is absent because something is missing: ${scan.entity}, scan`, (t) =>
      tryScan(t, subject, scan));
  }
}

const ROWS = [0, 2];

async function tryList(
  t: Test,
  subject: Subject,
  list: ListSubject,
  within: CallContext['within'],
): Promise<void> {
  const honest = (received: Received) => list.respond(received, ROWS);
  const { respond, call } = byRequest(subject, honest);
  const { adapter, asked } = await setUp(t, subject, respond, never);
  const ask = (by: CallContext) => invoke(adapter, list.operation, { ...list.request, pageSize: 10 }, by);
  const rowsOf = (answer: Awaited<ReturnType<typeof ask>>) =>
    answer.found ? (answer.data as unknown[]).length + (answer.undecided ?? 0) : 0;
  t.equal(rowsOf(await ask(callOf(patient, { within }))), ROWS.length);
  const received = asked().at(-1)!;
  const none = [...(list.none ?? []), list.respond(received, [])];
  await tryMutations(
    t,
    honest(received),
    none,
    (reply) =>
      unlessFailed(ask(call(reply, { within })), (answer) =>
        rowsOf(answer) >= ROWS.length ? undefined : `${rowsOf(answer)} of ${ROWS.length} rows`,
      ),
    AT_A_TIME,
  );
}

async function tryScan(
  t: Test,
  subject: Subject,
  { entity, respond, none = [] }: ScanSubject,
): Promise<void> {
  const honest = (received: Received) => respond(received, ROWS);
  const { respond: byId, call } = byRequest(subject, honest);
  const { adapter, asked } = await setUp(t, subject, byId, never);
  const scan = adapter.scans![versioned(entity)]!;
  const ask = (by: CallContext) => scan({ after: undefined, limit: 10 }, by);
  t.equal((await ask(callOf())).rows.length, ROWS.length);
  const received = asked().at(-1)!;
  await tryMutations(
    t,
    honest(received),
    [...none, respond(received, [])],
    (reply) =>
      unlessFailed(ask(call(reply)), ({ rows, unreadable }) =>
        rows.length + unreadable === ROWS.length ? undefined : `${rows.length} of ${ROWS.length} rows`,
      ),
    AT_A_TIME,
  );
}
