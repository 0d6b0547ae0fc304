import t from 'tap';
import type { PushedChange } from '../../../../gateway/changes/change.ts';
import { appendWhatFits, ensureStreams } from '../../../../gateway/changes/intake/append.ts';
import { checkBatch } from '../../../../gateway/changes/intake/check.ts';
import { takeIn } from '../../../../gateway/changes/intake/intake.ts';
import { openOutbox } from '../../../../gateway/changes/outbox/outbox.ts';
import { prune } from '../../../../gateway/changes/outbox/prune.ts';
import { render } from '../../../../gateway/changes/render/render.ts';
import { noteListed } from '../../../../gateway/copies/known-subjects.ts';
import { Problem } from '../../../../gateway/problems/problem.ts';
import { transaction } from '../../../../gateway/store/pool.ts';
import { freshDatabase } from '../../../support/database.ts';
import {
  changeOf,
  codeOf,
  grantOf,
  publication,
  recordingEvidence,
  stateOf,
  storeOf,
  stream,
} from '../support.ts';

async function open(t: Tap) {
  const pool = await storeOf(t, await freshDatabase(t));
  await ensureStreams(pool, ['business']);
  return {
    pool,
    publish: (...changes: PushedChange[]) =>
      takeIn({ pool, evidence: recordingEvidence() }, stream, { changes }, publication),
  };
}

type Tap = Parameters<typeof freshDatabase>[0];

async function refusal(work: Promise<unknown>): Promise<Problem> {
  const error = await work.then(
    () => undefined,
    (failure: unknown) => failure,
  );
  if (error instanceof Problem) return error;
  throw error ?? new Error('was not refused');
}

t.test('a batch is stored in order, with positions from 1', async (t) => {
  const { pool, publish } = await open(t);
  t.same(await publish(changeOf(1, 1), changeOf(2, 1), changeOf(1, 2)), { accepted: 3, duplicates: 0 });
  const { changes, last, missed } = await openOutbox(pool, 'business').read(0);
  t.same(
    changes.map((change) => [change.position, change.subject.slice(-1), change.version, change.superseded]),
    [
      [1, '1', 1, false],
      [2, '2', 1, false],
      [3, '1', 2, false],
    ],
  );
  t.same([last, missed], [3, 0]);
  t.same(changes[2]?.data, stateOf(1, { name: 'Công ty 1 v2' }));
  t.same(changes[2]?.changedFields, ['/name']);
  t.equal(changes[2]?.occurredAt, '2026-03-01T08:00:00+07:00');
});

t.test('a state is the same however often and in whatever order it is looked at', async (t) => {
  const { pool, publish } = await open(t);
  await publish(changeOf(1, 1), changeOf(2, 1));
  const [one, two] = (await openOutbox(pool, 'business').read(0)).changes;
  for (const change of [one, one, two, one, two, one, two, two]) {
    const n = change === one ? 1 : 2;
    t.same(change?.data, stateOf(n, { name: `Công ty ${n} v1` }));
  }
  t.equal(one?.data, one?.data, 'and kept for those who come later');
});

t.test('the same batch again is accepted and not stored twice', async (t) => {
  const { pool, publish } = await open(t);
  const batch = [changeOf(1, 1), changeOf(2, 1)];
  await publish(...batch);
  t.same(await publish(...batch), { accepted: 0, duplicates: 2 });
  t.same(await publish(...batch, changeOf(3, 1)), { accepted: 1, duplicates: 2 });
  const { rows } = await pool.query('SELECT last, (SELECT count(*) FROM change) AS stored FROM stream');
  t.same(rows, [{ last: 3, stored: 3 }]);
});

t.test('members in another order are the same content', async (t) => {
  const { publish } = await open(t);
  const change = changeOf(1, 1);
  const { code, ...rest } = stateOf(1, { name: 'Công ty 1 v1' });
  await publish(change);
  t.same(await publish({ ...change, data: { ...rest, code } }), { accepted: 0, duplicates: 1 });
});

t.test('a change that stands twice in its batch is stored once', async (t) => {
  const { publish } = await open(t);
  t.same(await publish(changeOf(1, 1), changeOf(1, 1), changeOf(2, 1)), { accepted: 2, duplicates: 1 });
});

t.test('the same version with other content is a conflict, and nothing is stored', async (t) => {
  const { pool, publish } = await open(t);
  await publish(changeOf(1, 1), changeOf(2, 1));
  const problem = await refusal(
    publish(changeOf(3, 1), changeOf(2, 1, { name: 'khác' }), changeOf(1, 1, { name: 'khác' })),
  );
  t.equal(problem.code, 'change_conflict');
  t.same(
    problem.members.errors?.map((error) => error.pointer),
    ['/changes/1', '/changes/2'],
  );
  t.same((await pool.query('SELECT last FROM stream')).rows, [{ last: 2 }]);
  t.same((await pool.query('SELECT count(*) AS n FROM subject_head')).rows, [{ n: 2 }]);

  const within = await refusal(publish(changeOf(5, 1), changeOf(6, 1), changeOf(5, 1, { name: 'khác' })));
  t.equal(within.code, 'change_conflict');
  t.same(within.members.errors?.[0]?.pointer, '/changes/2');
  t.same((await pool.query('SELECT last FROM stream')).rows, [{ last: 2 }]);
});

t.test('a change that was read as a state is compared by its state alone', async (t) => {
  const { pool, publish } = await open(t);
  const read = (...changes: PushedChange[]) => {
    const checked = checkBatch(stream, { changes }, 'state');
    return transaction(pool, (client) => appendWhatFits(client, 'business', checked));
  };
  const otherwise = (change: PushedChange): PushedChange => ({
    ...change,
    occurredAt: '2026-03-01T08:07:00+07:00',
    changedFields: ['/name', '/members'],
  });
  t.match(await read(changeOf(1, 1)), { accepted: 1, duplicates: 0, conflicts: [] }, 'new');
  t.match(await read(otherwise(changeOf(1, 1))), { accepted: 0, duplicates: 1 }, 'read again');
  t.match(await publish(otherwise(changeOf(1, 1))), { accepted: 0, duplicates: 1 }, 'pushed afterwards');
  await publish(changeOf(2, 1));
  t.match(await read(otherwise(changeOf(2, 1))), { accepted: 0, duplicates: 1 }, 'pushed before');
  await publish(changeOf(2, 2));
  t.match(await read(otherwise(changeOf(2, 1))), { accepted: 0, duplicates: 1 }, 'an older one');
  t.equal((await refusal(publish(otherwise(changeOf(2, 2))))).code, 'change_conflict', 'pushed twice');
  t.equal((await refusal(publish(changeOf(1, 1, { name: 'khác' })))).code, 'change_conflict');
  const { accepted, conflicts } = await read(
    changeOf(1, 1, { name: 'khác' }),
    changeOf(2, 1, { name: 'khác' }),
    changeOf(3, 1),
  );
  t.equal(accepted, 1, 'what stands beside conflicts is stored');
  t.same(
    conflicts.map(({ index }) => index),
    [0, 1],
  );

  await pool.query('UPDATE subject_head SET state_digest = NULL');
  t.match(await read(otherwise(changeOf(2, 2))), { accepted: 0, duplicates: 1 }, 'nobody can compare');
});

t.test('a version older than the newest known is kept as superseded', async (t) => {
  const { pool, publish } = await open(t);
  await publish(changeOf(1, 5));
  t.same(await publish(changeOf(1, 3)), { accepted: 1, duplicates: 0 });
  t.same(await publish(changeOf(2, 4), changeOf(2, 2), changeOf(2, 5)), { accepted: 3, duplicates: 0 });
  const { changes } = await openOutbox(pool, 'business').read(0);
  t.same(
    changes.map((change) => [change.version, change.superseded]),
    [
      [5, false],
      [3, true],
      [4, false],
      [2, true],
      [5, false],
    ],
  );
  t.same((await pool.query('SELECT version FROM subject_head ORDER BY subject')).rows, [
    { version: 5 },
    { version: 5 },
  ]);
});

t.test('the scope dimensions before a change are those of the newest state known', async (t) => {
  const { pool, publish } = await open(t);
  await publish(changeOf(1, 1, { province: '01' }));
  await publish(
    changeOf(1, 2, { province: '48' }),
    changeOf(1, 3, { operation: 'deleted' }),
    changeOf(1, 4, { operation: 'created', province: '79' }),
    changeOf(2, 1, { operation: 'updated', province: '79' }),
  );
  await publish(changeOf(1, 5, { operation: 'deleted' }));
  const { changes } = await openOutbox(pool, 'business').read(0);
  t.same(
    changes.map((change) => [change.before?.provinceCode, change.after?.provinceCode]),
    [
      [undefined, '01'],
      ['01', '48'],
      ['48', undefined],
      [undefined, '79'],
      [undefined, '79'],
      ['79', undefined],
    ],
  );
});

t.test('all that is wrong is named, and no value', async (t) => {
  const { pool, publish } = await open(t);
  const secret = '9999999999';
  const problem = await refusal(
    publish(
      changeOf(1, 1),
      { ...changeOf(2, 1), entity: 'citizen' },
      { ...changeOf(3, 1), subject: secret },
      { ...changeOf(4, 1), data: { ...stateOf(4), name: 7, extra: secret, headOffice: { detail: secret } } },
      { ...changeOf(5, 1), operation: 'deleted' },
      {
        ...changeOf(6, 2),
        changedFields: ['/name', '/members/0/share', '/members', '/nothing', 'name', '/members/x'],
      },
      { ...changeOf(7, 1), subject: 'x', data: null },
    ),
  );
  t.equal(problem.code, 'contract_violation');
  t.same(problem.members.errors?.map((error) => error.pointer).sort(), [
    '/changes/1/entity',
    '/changes/2/subject',
    '/changes/3/data/extra',
    '/changes/3/data/headOffice/provinceCode',
    '/changes/3/data/name',
    '/changes/4/data',
    '/changes/5/changedFields/3',
    '/changes/5/changedFields/4',
    '/changes/5/changedFields/5',
    '/changes/6/data',
    '/changes/6/subject',
  ]);
  t.notMatch(JSON.stringify(problem.members.errors), secret);
  t.same((await pool.query('SELECT last FROM stream')).rows, [{ last: 0 }]);
});

t.test('a change that no Kafka message could hold is refused', async (t) => {
  const { publish } = await open(t);
  const members = Array.from({ length: 20_000 }, (_, n) => ({ name: `thành viên số ${n}`, share: n }));
  const problem = await refusal(publish({ ...changeOf(1, 1), data: stateOf(1, { members }) }));
  t.match(problem.members.errors, [{ pointer: '/changes/0/data' }]);
});

t.test('8 writers at once leave no gap and keep each subject in order', async (t) => {
  const { pool, publish } = await open(t);
  const writers = Array.from({ length: 8 }, async (_, writer) => {
    for (let version = 1; version <= 25; version++) {
      const changes = Array.from({ length: 20 }, (_, i) => changeOf(writer * 100 + i, version));
      await publish(...changes);
      if (version % 5 === 0) await publish(...changes);
    }
  });
  await Promise.all(writers);
  const { rows } = await pool.query<{ position: number; subject: string; version: number }>(
    'SELECT position, subject, version FROM change ORDER BY position',
  );
  t.equal(rows.length, 8 * 25 * 20);
  t.ok(rows.every((row, index) => row.position === index + 1));
  const newest = new Map<string, number>();
  for (const { subject, version } of rows) {
    if (version !== (newest.get(subject) ?? 0) + 1) t.fail('out of order');
    newest.set(subject, version);
  }
});

t.test('a pruned version is still recognised', async (t) => {
  const { pool, publish } = await open(t);
  await publish(changeOf(1, 1), changeOf(1, 2), changeOf(2, 1));
  await pool.query(`UPDATE change SET recorded_at = now() - interval '8 days'`);
  await publish(changeOf(3, 1));
  t.equal(await prune(pool, 'business', 7), 3);
  t.equal(await prune(pool, 'business', 7), 0);
  t.same(await publish(changeOf(1, 2)), { accepted: 0, duplicates: 1 }, 'the head again');
  t.equal((await refusal(publish(changeOf(1, 2, { name: 'khác' })))).code, 'change_conflict');
  t.same(await publish(changeOf(1, 1)), { accepted: 1, duplicates: 0 }, 'an older one: superseded');
  await publish(changeOf(2, 2, { operation: 'deleted' }));
  const outbox = openOutbox(pool, 'business');
  const { missed, changes } = await outbox.read(0);
  t.equal(missed, 3);
  t.same(
    changes.map((change) => [change.position, change.superseded, change.before?.provinceCode]),
    [
      [4, false, undefined],
      [5, true, undefined],
      [6, false, '01'],
    ],
  );
  await pool.query(`UPDATE change SET recorded_at = now() - interval '8 days'`);
  await prune(pool, 'business', 7);
  t.same(await openOutbox(pool, 'business').read(4), { missed: 2, changes: [], last: 4 });
});

t.test('an update of what was deleted creates it, whatever its provider calls it', async (t) => {
  const { pool, publish } = await open(t);
  const again = (n: number, version: number) =>
    changeOf(n, version, { changedFields: ['/members'], name: `Công ty ${n}` });
  await publish(changeOf(1, 1), changeOf(1, 2, { operation: 'deleted' }), again(1, 3), again(1, 4));
  await publish(changeOf(2, 1), changeOf(2, 2, { operation: 'deleted' }));
  await publish(again(2, 3), again(3, 2));
  const { changes } = await openOutbox(pool, 'business').read(0);
  t.same(
    changes.map(({ subject, operation }) => `${subject.slice(-1)} ${operation}`),
    ['1 created', '1 deleted', '1 created', '1 updated', '2 created', '2 deleted', '2 created', '3 updated'],
  );
  const rendered = changes.map((change) => render(change, grantOf('TT-1', { fields: ['/name'] }))?.operation);
  t.same(
    rendered,
    ['created', 'deleted', 'created', undefined, 'created', 'deleted', 'created', 'updated'],
    'and of one that nobody knew every field may have changed',
  );
  t.same(await publish(again(2, 3)), { accepted: 0, duplicates: 1 }, 'and it is still the same change');
});

t.test('a list that is ahead of the changes says nothing of where they begin', async (t) => {
  const { pool, publish } = await open(t);
  const grant = grantOf('TT-1', { provinces: ['48'] });
  const dimensions = { provinceCode: '48' };
  const row = { identifier: codeOf(1), version: 3, dimensions, rendered: undefined, persons: [] };
  await noteListed(pool, grant, [row]);
  await publish(changeOf(1, 1), changeOf(1, 3, { province: '48', changedFields: ['/headOffice'] }));
  await noteListed(pool, grant, [{ ...row, identifier: codeOf(2), version: 1 }]);
  await publish(changeOf(2, 2));
  const { changes } = await openOutbox(pool, 'business').read(0);
  t.same(
    changes.map((change) => render(change, grant)?.operation),
    [undefined, 'created', 'deleted'],
    'outside, then inside; and the one that was listed inside before it left',
  );
});
