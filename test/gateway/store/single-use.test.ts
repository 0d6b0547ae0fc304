import t from 'tap';
import type { Pool } from '../../../gateway/store/pool.ts';
import { createSingleUse, type Use } from '../../../gateway/store/single-use.ts';

/** Values whose statements the test ends, one `settle` each. */
function opened(maxWaiting = 100) {
  const batches: string[][] = [];
  const pending: PromiseWithResolvers<void>[] = [];
  const values = createSingleUse<string>({
    pool: { query: async () => ({ rows: [] }) } as unknown as Pool,
    now: Date.now,
    log: { info() {}, warn() {}, error() {} },
    ...{ table: 'used_nonce', values: 'nonces', sweepEvery: 60_000, margin: 0, maxWaiting },
    async store(batch: readonly Use[]) {
      const texts = batch.map(({ digest }) => digest.toString());
      batches.push(texts);
      const statement = Promise.withResolvers<void>();
      pending.push(statement);
      await statement.promise;
      return texts.map((text) => `result of ${text}`);
    },
  });
  t.teardown(values.close);
  const use = (text: string) => values.use({ digest: Buffer.from(text), expiresAt: 0 });
  return { values, use, batches, pending };
}

/** The next turn of the event loop, in which a batch begins. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

t.test('while one statement runs, the next batch fills; each value gets its own result', async (t) => {
  const { use, batches, pending } = opened();
  const first = [use('a'), use('b')];
  await turn();
  const second = [use('c'), use('d'), use('e')];
  await turn();
  t.same(batches, [['a', 'b']], 'one statement at a time');
  pending[0]!.resolve();
  t.same(await Promise.all(first), ['result of a', 'result of b']);
  await turn();
  pending[1]!.resolve();
  t.same(await Promise.all(second), ['result of c', 'result of d', 'result of e']);
  const third = use('f');
  await turn();
  pending[2]!.resolve();
  t.equal(await third, 'result of f', 'it begins again after a pause');
  t.same(batches, [['a', 'b'], ['c', 'd', 'e'], ['f']]);
});

t.test('values beyond the limit are refused, and those that wait are not', async (t) => {
  const { values, use, pending } = opened(2);
  const waiting = [use('a'), use('b')];
  t.ok(values.isFull());
  await t.rejects(use('c'), { message: 'too many nonces wait to be checked' });
  await turn();
  t.notOk(values.isFull(), 'the values of a running statement do not wait');
  pending[0]!.resolve();
  t.same(await Promise.all(waiting), ['result of a', 'result of b']);
});

t.test('a failed statement rejects its batch and the values that wait', async (t) => {
  const { use, batches, pending } = opened();
  const failing = use('a');
  await turn();
  const waiting = use('b');
  const outcomes = Promise.allSettled([failing, waiting]);
  pending[0]!.reject(new Error('the connection is gone'));
  for (const outcome of await outcomes)
    t.match(outcome, { status: 'rejected', reason: { message: 'the connection is gone' } });
  const later = use('c');
  await turn();
  pending[1]!.resolve();
  t.equal(await later, 'result of c');
  t.same(batches, [['a'], ['c']], 'the rejected value is not stored');
});
