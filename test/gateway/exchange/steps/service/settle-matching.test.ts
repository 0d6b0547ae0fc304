import t from 'tap';
import type { Attempted, BodyRead, Call, Disclosed, Found } from '../../../../../gateway/exchange/call.ts';
import {
  settleMatching,
  settleRefused,
} from '../../../../../gateway/exchange/steps/service/settle-matching.ts';
import { Problem } from '../../../../../gateway/problems/problem.ts';

/** A call whose attempt notes how it is settled. */
function attempted(data: unknown, settle: () => Promise<void> = async () => {}) {
  const settled: string[] = [];
  const as = (word: string) => () => {
    settled.push(word);
    return settle();
  };
  const attempt = { matched: as('matched'), failed: as('failed'), abandoned: as('abandoned') };
  const call = { attempt, by: Number.POSITIVE_INFINITY, data, asOf: '', disclosure: { data, subjects: [] } };
  return { settled, call: call as unknown as Call & BodyRead & Attempted & Found & Disclosed };
}

t.test('an answer settles the attempt once', async (t) => {
  for (const [data, word] of [
    [{ match: true }, 'matched'],
    [{ match: false }, 'failed'],
    [{ fullName: 'X' }, 'matched'],
  ] as const) {
    const { call, settled } = attempted(data);
    const next = await settleMatching(call);
    t.same(settled, [word]);
    t.equal(next.attempt, undefined);
    await settleRefused(next, new Problem('evidence_unavailable'));
    t.same(settled, [word], 'a refusal that comes later settles nothing');
  }
});

t.test('a refusal before there is an answer settles it', async (t) => {
  for (const [error, word] of [
    [new Problem('not_found'), 'failed'],
    [new Problem('upstream_timeout'), 'abandoned'],
    [new Error('not_found'), 'abandoned'],
  ] as const) {
    const { call, settled } = attempted({});
    await settleRefused({ attempt: call.attempt, by: call.by }, error);
    t.same(settled, [word]);
  }
});

t.test('a failed match that could not be stored in time is not taken back', async (t) => {
  const late = new Problem('store_unavailable');
  const { call, settled } = attempted({ match: false }, () => Promise.reject(late));
  await t.rejects(async () => settleMatching(call), late);
  await settleRefused(call, late);
  t.same(settled, ['failed']);
});

t.test('a call without an attempt waits for nothing', async (t) => {
  const { call } = attempted({});
  t.notOk(settleMatching({ ...call, attempt: undefined }) instanceof Promise);
  await settleRefused({ attempt: undefined, by: 0 }, new Problem('not_found'));
});
