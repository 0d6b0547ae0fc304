import type { FastifyReply, FastifyRequest } from 'fastify';
import t from 'tap';
import type { Call } from '../../../gateway/exchange/call.ts';
import {
  afterBody,
  beforeBody,
  column,
  type Flowing,
  type Row,
  type Step,
} from '../../../gateway/exchange/flow.ts';

interface Counted {
  readonly count: number;
}
interface Doubled {
  readonly double: number;
}
interface Noted {
  readonly note?: string;
}

const countOne = <C extends Call>(call: C): C & Counted => ({ ...call, count: 1 });
const doubleIt = <C extends Call & Counted>(call: C): C & Doubled => ({ ...call, double: 2 * call.count });
const note = <C extends Call>(call: C): C & Noted => call;
const readNote = <C extends Call & Noted>(call: C): C => call;
const waitFor = async <C extends Call>(call: C): Promise<C> => call;
const fail = (): never => {
  throw new Error('refused');
};

const x = true;
const _ = false;
const TABLE = [
  [countOne, x, _],
  [doubleIt, x, x],
] as const satisfies readonly Row[];

const OPTIONAL = [
  [note, x, _],
  [readNote, x, x],
] as const satisfies readonly Row[];

const request = {} as FastifyRequest;
const reply = {} as FastifyReply;
const begin = (): Call => ({ request, reply, service: 'none', deadline: 1, headers: {} });

t.test('a column is what its steps make it', (t) => {
  t.same(
    column<Step<unknown>>(TABLE, 0).map(({ name }) => name),
    ['countOne', 'doubleIt'],
  );
  t.same(
    column<Step<unknown>>(TABLE, 1).map(({ name }) => name),
    ['doubleIt'],
  );
  // Checked by the compiler: the first column ends as a call that has both, the second lacks what `doubleIt` needs.
  const ended = (call: Flowing<typeof TABLE, 0, Call>): Call & Counted & Doubled => call;
  // @ts-expect-error
  const refused = (call: Flowing<typeof TABLE, 1, Call>): Call => call;
  const lacking = (wrong: Flowing<typeof TABLE, 1, Call>): 'count' => wrong.lacks;
  t.match([ended, refused, lacking], [Function, Function, Function]);
  // A member that may be absent is missed too, or a signature could be looked for before it was verified.
  const noted = (call: Flowing<typeof OPTIONAL, 0, Call>): Call & Noted => call;
  const unasked = (wrong: Flowing<typeof OPTIONAL, 1, Call>): 'note' => wrong.lacks;
  t.match([noted, unasked], [Function, Function]);
  t.end();
});

/** Takes steps before the body. @returns the call, or the error, and whether it was there at once */
function before(steps: readonly ((call: never) => unknown)[]) {
  let atOnce = true;
  const flow = { before: steps, after: [], refused: [] };
  return new Promise<{ call: Call | undefined; error: unknown; atOnce: boolean }>((resolve) => {
    const hook = beforeBody(() => flow, {}, begin) as unknown as (
      request: FastifyRequest,
      reply: FastifyReply,
      done: (error?: unknown) => void,
    ) => void;
    hook(request, reply, (error) => resolve({ call: request.call, error, atOnce }));
    atOnce = false;
  });
}

t.test('steps that need not wait take no promise', async (t) => {
  t.match(await before([countOne, doubleIt]), { call: { double: 2 }, error: undefined, atOnce: true });
  t.match(await before([countOne, waitFor, doubleIt]), {
    call: { double: 2 },
    error: undefined,
    atOnce: false,
  });
});

t.test('the last call stays, whatever a step refuses', async (t) => {
  const refused = { message: 'refused' };
  t.match(await before([countOne, fail, doubleIt]), { call: { count: 1 }, error: refused, atOnce: true });
  t.notOk(Object.hasOwn(request.call!, 'double'));
  t.match(await before([waitFor, countOne, fail]), { call: { count: 1 }, error: refused, atOnce: false });
});

t.test('before a refusal each look sees the last call and the error, in order', async (t) => {
  const seen: unknown[] = [];
  const look = (name: string) => async (call: Counted, error: unknown) => {
    seen.push([name, call.count, (error as Error).message]);
  };
  const flow = { before: [], after: [countOne, waitFor, fail], refused: [look('one'), look('two')] };
  request.call = begin();
  const handler = afterBody(() => flow, {}) as unknown as (
    request: FastifyRequest,
    reply: FastifyReply,
  ) => Promise<FastifyReply>;
  await t.rejects(handler(request, reply), { message: 'refused' });
  t.same(seen, [
    ['one', 1, 'refused'],
    ['two', 1, 'refused'],
  ]);
  request.call = begin();
  t.equal(
    await (afterBody(() => ({ ...flow, after: [countOne] }), {}) as unknown as typeof handler)(
      request,
      reply,
    ),
    reply,
  );
  t.equal(seen.length, 2, 'and none sees a call that is answered');
});
