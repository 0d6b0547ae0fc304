/** A pushed change is compared with the known state of the record: no change is lost, and no record is taken over. */
import fc from 'fast-check';
import t from 'tap';
import { asGateway } from '../../../../deploy/sandbox/postgres/gateway-role.ts';
import type { PushedChange } from '../../../../gateway/changes/change.ts';
import { appendWhatFits, ensureStreams } from '../../../../gateway/changes/intake/append.ts';
import { checkBatch } from '../../../../gateway/changes/intake/check.ts';
import { takeIn } from '../../../../gateway/changes/intake/intake.ts';
import type { Publisher } from '../../../../gateway/changes/intake/judge.ts';
import { openOutbox } from '../../../../gateway/changes/outbox/outbox.ts';
import { prune } from '../../../../gateway/changes/outbox/prune.ts';
import { render } from '../../../../gateway/changes/render/render.ts';
import { noteListed } from '../../../../gateway/copies/known-subjects.ts';
import { type LocalisedViolation, localise, Problem } from '../../../../gateway/problems/problem.ts';
import { transaction } from '../../../../gateway/store/pool.ts';
import { canonicalise } from '../../../../gateway/wire/canonical-json.ts';
import { asOwner, freshDatabase, ownerUrl } from '../../../support/database.ts';
import { until } from '../../../support/until.ts';
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

type Tap = Parameters<typeof freshDatabase>[0];

const within = (...provinces: string[]): Publisher => ({
  maxVersionStep: 100,
  inScope: ({ provinceCode }) => provinces.includes(provinceCode ?? ''),
});

async function open(t: Tap) {
  const pool = await storeOf(t, await freshDatabase(t));
  await ensureStreams(pool, ['business']);
  const publish = (publisher: Publisher | undefined, ...changes: PushedChange[]) =>
    takeIn({ pool, evidence: recordingEvidence() }, stream, { changes }, publication, publisher);
  return {
    pool,
    publish,
    push: (...changes: PushedChange[]) => publish(undefined, ...changes),
    /** The violations that refuse a batch. */
    async violations(
      publisher: Publisher | undefined,
      ...changes: PushedChange[]
    ): Promise<readonly LocalisedViolation[]> {
      const error = await publish(publisher, ...changes).then(
        () => undefined,
        (failure: unknown) => failure,
      );
      if (error instanceof Problem && error.code === 'contract_violation')
        return localise('en', error.members.errors ?? []);
      throw error ?? new Error('was not refused');
    },
    read: (...changes: PushedChange[]) =>
      transaction(pool, (client) =>
        appendWhatFits(client, 'business', checkBatch(stream, { changes }, 'state')),
      ),
    async stored() {
      const { changes } = await openOutbox(pool, 'business').read(0);
      return changes.map(({ version, operation, changedFields }) => [version, operation, changedFields]);
    },
  };
}

const updated = (
  version: number,
  changedFields: readonly string[],
  name: string,
  more = {},
): PushedChange => ({
  ...changeOf(1, version, { operation: 'updated', changedFields, name }),
  ...more,
});

t.test('an update that does not name what changed is refused, with what is missing', async (t) => {
  const { push, violations, stored } = await open(t);
  await push(changeOf(1, 1, { name: 'A' }));
  const detail = 'does not name what changed: /name';
  for (const named of [[], ['/members'], ['/headOffice/detail', '/members/0/share']]) {
    t.same(await violations(undefined, updated(2, named, 'B')), [
      { pointer: '/changes/0/changedFields', detail },
    ]);
  }
  const moved = { data: { ...stateOf(1, { name: 'B', members: [] }, '48') } };
  t.same(await violations(undefined, changeOf(2, 1), updated(2, ['/headOffice/detail'], 'B', moved)), [
    {
      pointer: '/changes/1/changedFields',
      detail: 'does not name what changed: /headOffice/provinceCode, /members, /name',
    },
  ]);
  t.equal((await stored()).length, 1, 'nothing of a batch is stored');
  await push(updated(2, ['/name', '/members'], 'B'));
  t.same((await stored())[1], [2, 'updated', ['/name', '/members']], 'to name more is accepted');
});

t.test('items of a list are named one by one, by a star, or as a whole', async (t) => {
  const { push, violations } = await open(t);
  const members = [
    { name: 'A', share: 1 },
    { name: 'B', share: 2 },
  ];
  const change = (version: number, list: object[], ...changedFields: string[]): PushedChange => ({
    ...changeOf(1, version, { changedFields }),
    data: { ...stateOf(1), members: list },
  });
  await push(change(1, members));
  const other = [members[0]!, { name: 'B', share: 3 }];
  t.same(
    (await violations(undefined, change(2, other, '/members/0/share')))[0]?.detail,
    'does not name what changed: /members/1/share',
  );
  await push(change(2, other, '/members/1/share'));
  await push(change(3, members, '/members/*/share'));
  await push(change(4, other, '/members/1'));
  await push(change(5, [...other, { name: 'C', share: 1 }], '/members/2'));
  t.equal(
    (await violations(undefined, change(6, other.toReversed(), '/members/0/name'))).length,
    1,
    'order matters',
  );
  await push(change(6, other.toReversed(), '/members'));
});

t.test('after an unseen version, the fields that differ are added to those that are named', async (t) => {
  const { push, stored } = await open(t);
  await push(changeOf(1, 1, { name: 'A' }));
  await push(updated(4, ['/members'], 'B'));
  t.same((await stored())[1], [4, 'updated', ['/members', '/name']]);
});

t.test(
  'created of what is known is an update; of what is not known, or was deleted, it is not',
  async (t) => {
    const { push, stored } = await open(t);
    const created = (version: number, name: string) => changeOf(1, version, { operation: 'created', name });
    await push(created(1, 'A'), created(2, 'B'), changeOf(1, 3, { operation: 'deleted' }), created(4, 'C'));
    await push(created(5, 'C'));
    t.same(await stored(), [
      [1, 'created', []],
      [2, 'updated', ['/name']],
      [3, 'deleted', []],
      [4, 'created', []],
      [5, 'updated', []],
    ]);
    t.same(await push(created(5, 'C')), { accepted: 0, duplicates: 1 }, 'and it is still the same change');
  },
);

t.test('without a known state, every field may have changed', async (t) => {
  const { pool, push, stored } = await open(t);
  const all = ['/code', '/name', '/headOffice', '/members'];
  await push(updated(5, ['/members'], 'A'));
  await pool.query(`UPDATE change SET recorded_at = now() - interval '8 days'`);
  await prune(pool, 'business', 7);
  await push(updated(6, [], 'B'));
  await pool.query(`UPDATE change SET recorded_at = now() - interval '8 days'`);
  await push(updated(7, ['/name'], 'C'));
  t.same(await stored(), [
    [6, 'updated', all],
    [7, 'updated', ['/name']],
  ]);
});

t.test('a state that is known already is compared though it is no longer kept', async (t) => {
  const { pool, push, stored } = await open(t);
  await push(changeOf(1, 1, { name: 'A' }));
  await pool.query(`UPDATE change SET recorded_at = now() - interval '8 days'`);
  await prune(pool, 'business', 7);
  await push(updated(2, [], 'A'));
  t.same(await stored(), [[2, 'updated', []]], 'nothing differs, and nobody hears of it');
});

t.test('a batch may be sent again, whatever became of its records since', async (t) => {
  const { publish, push } = await open(t);
  const first = changeOf(1, 1, { name: 'A', province: '48' });
  await publish(within('48'), first);
  await push(updated(2, ['/headOffice/provinceCode'], 'A', { data: stateOf(1, { name: 'A' }, '01') }));
  t.same(await publish(within('48'), first), { accepted: 0, duplicates: 1 });
  await t.rejects(
    publish(within('48'), { ...first, occurredAt: '2026-11-22T09:00:00Z' }),
    { code: 'contract_violation' },
    'who says something else of it is refused as ever',
  );
});

t.test('a claim is corrected by who has no scope, whatever the number', async (t) => {
  const { publish, push, violations, stored } = await open(t);
  const at = (version: number, province: string) =>
    updated(version, ['/name'], 'A', { data: stateOf(1, { name: 'A' }, province) });
  await publish(within('48'), at(1, '48'));
  t.match(await violations(undefined, at(5000, '48')), [{ pointer: '/changes/0/version' }]);
  t.match(await violations(within('48'), at(5000, '48')), [{ pointer: '/changes/0/version' }]);
  await push(at(5000, '01'));
  t.equal((await stored()).length, 2);
});

/** The events that the readers of one province receive of all changes in the outbox. */
async function heardIn(pool: Parameters<typeof openOutbox>[0], province: string) {
  const { changes } = await openOutbox(pool, 'business').read(0);
  const grant = grantOf(`TT-${province}`, { provinces: [province] });
  return changes.flatMap((change) => {
    const event = render(change, grant);
    return event ? [[event.operation, change.version, (event.state as { name?: string })?.name]] : [];
  });
}

t.test('a claim supersedes nothing of the registry’s own, whatever its versions', async (t) => {
  const hanoi = within('01');
  const claims: [name: string, PushedChange[]][] = [
    ['of a high version', [changeOf(1, 100, { province: '01', name: 'Claimed' })]],
    ['of the same version', [changeOf(1, 1, { province: '01', name: 'Claimed' })]],
    [
      'that went up',
      [100, 200, 300].map((version) => changeOf(1, version, { province: '01', name: `Claimed ${version}` })),
    ],
    [
      'that was deleted',
      [changeOf(1, 99, { province: '01', name: 'Claimed' }), changeOf(1, 100, { operation: 'deleted' })],
    ],
  ];
  const truth = [
    changeOf(1, 1, { province: '79', name: 'True' }),
    changeOf(1, 2, { province: '79', name: 'True 2' }),
  ];
  const heard = [
    ['created', 1, 'True'],
    ['updated', 2, 'True 2'],
  ];
  for (const [name, claim] of claims) {
    for (const [how, batches] of [
      ['in one batch', [truth]],
      ['one by one', truth.map((change) => [change])],
    ] as const) {
      await t.test(`${name}, corrected ${how}`, async (t) => {
        const { pool, publish, push, violations } = await open(t);
        await publish(hanoi, ...claim);
        for (const batch of batches) {
          t.same(await push(...batch), { accepted: batch.length, duplicates: 0 });
        }
        t.same(await heardIn(pool, '79'), heard, 'those who may see it hear of it');
        const inHanoi = await heardIn(pool, '01');
        if (name !== 'that was deleted') t.same(inHanoi, [['deleted', 1, undefined]], 'it leaves the scope');
        t.same(await push(...truth), { accepted: 0, duplicates: 2 }, 'sent again, it is known');
        for (const again of [claim[0]!, changeOf(1, 3, { province: '01' })]) {
          t.equal((await violations(hanoi, again))[0]?.detail, 'is outside the scope of the agreement');
        }
        for (const version of [99, 100, 101, 200, 300]) {
          const change = changeOf(1, version, { province: '79', name: `True ${version}` });
          t.same(await push(change), { accepted: 1, duplicates: 0 }, `version ${version} is free`);
        }
        t.equal((await heardIn(pool, '79')).length, 7);
      });
    }
  }
});

t.test(
  'a change that comes late after a correction is late, and the registry’s own state corrects',
  async (t) => {
    const { pool, publish, push, read } = await open(t);
    const at79 = (version: number) => changeOf(1, version, { province: '79', name: `True ${version}` });
    await publish(within('01'), changeOf(1, 50, { province: '01' }));
    t.match(await read(at79(7), at79(6)), { accepted: 2, conflicts: [], refused: [] });
    await push(at79(5));
    t.same(await heardIn(pool, '79'), [['created', 7, 'True 7']]);
  },
);

t.test('a state of the registry itself is no claim, and versions decide', async (t) => {
  const { pool, publish, push } = await open(t);
  const hanoi = within('01');
  await publish(hanoi, changeOf(1, 3, { province: '01', name: 'Claimed' }));
  await push(changeOf(1, 2, { province: '01', name: 'Older' }));
  t.same(
    await heardIn(pool, '01'),
    [['updated', 3, 'Claimed']],
    'at the same place, the newer version holds',
  );
  await push(changeOf(1, 4, { province: '01', name: 'True' }));
  await publish(hanoi, changeOf(1, 6, { province: '01', name: 'True 6' }));
  await push(changeOf(1, 5, { province: '79', name: 'Late' }));
  t.same((await heardIn(pool, '01')).at(-1), ['updated', 6, 'True 6']);
  t.same(
    await heardIn(pool, '79'),
    [],
    'a late change of a record that is known is superseded, wherever it was',
  );
});

t.test('a state that was read from the registry is compared, and not refused', async (t) => {
  const { read, stored } = await open(t);
  await read(changeOf(1, 1, { name: 'A' }));
  const page = await read(
    updated(2, [], 'B'),
    updated(3, [], 'A'),
    changeOf(1, 500, { operation: 'created', name: 'A' }),
  );
  t.same(page.refused, []);
  t.same(
    (await stored()).slice(1),
    [
      [2, 'updated', ['/name']],
      [3, 'updated', ['/name']],
      [500, 'updated', []],
    ],
    'each with the one before it, also within a page',
  );
});

t.test('no granted field changes unheard, whatever is said of it', async (t) => {
  const { pool, publish } = await open(t);
  const outbox = openOutbox(pool, 'business');
  const grants = [
    '/code',
    '/name',
    '/headOffice/provinceCode',
    '/headOffice/detail',
    '/members/*/name',
    '/members/*/share',
  ];
  const state = fc.record({
    name: fc.constantFrom('A', 'B'),
    headOffice: fc.record({ provinceCode: fc.constantFrom('01', '48'), detail: fc.constantFrom('x', 'y') }),
    members: fc.array(fc.record({ name: fc.constantFrom('A', 'B'), share: fc.constantFrom(1, 2) }), {
      maxLength: 3,
    }),
  });
  const change = fc.record({
    state: fc.option(state, { nil: undefined, freq: 6 }),
    step: fc.constantFrom(1, 1, 1, 3),
    says: fc.constantFrom('created' as const, 'updated' as const, 'updated' as const),
    named: fc.subarray([
      '/name',
      '/headOffice',
      '/headOffice/detail',
      '/members',
      '/members/0',
      '/members/*/share',
    ]),
  });
  let n = 100;
  let position = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 8 }), async (history) => {
      const subject = n++;
      let version = 0;
      // What each agreement's copy holds, by its grant.
      const copies = new Map<string, string | undefined>();
      for (const { state, step, says, named } of history) {
        version += step;
        const pushed: PushedChange = state
          ? {
              ...changeOf(subject, version),
              operation: says,
              changedFields: named,
              data: { code: codeOf(subject), ...state },
            }
          : changeOf(subject, version, { operation: 'deleted' });
        const accepted = await publish(undefined, pushed).then(
          () => true,
          (error: unknown) => {
            if (error instanceof Problem && error.code === 'contract_violation') return false;
            throw error;
          },
        );
        if (!accepted) {
          version -= step;
          continue;
        }
        const { changes, last } = await outbox.read(position);
        position = last;
        for (const path of grants) {
          const grant = grantOf('TT', { fields: [path] });
          const rendered = render(changes[0]!, grant);
          if (rendered)
            copies.set(path, rendered.state === undefined ? undefined : canonicalise(rendered.state));
          const truth = state && canonicalise(grant.project({ code: codeOf(subject), ...state }));
          if (copies.get(path) !== truth) throw new Error(`${path}: ${copies.get(path)} is not ${truth}`);
        }
      }
    }),
    { numRuns: 60 },
  );
});

t.test('a publisher with a scope cannot take over, move or delete what is elsewhere', async (t) => {
  const { push, violations, stored } = await open(t);
  const hanoi = within('01');
  const outside = (place: string) => [
    { pointer: `/changes/0/${place}`, detail: 'is outside the scope of the agreement' },
  ];
  await push(changeOf(1, 1, { province: '79' }), changeOf(2, 1, { province: '79' }));
  await push(changeOf(2, 2, { operation: 'deleted' }));
  const attempts: [string, PushedChange, string][] = [
    ['takes it over', changeOf(1, 2, { province: '01' }), 'subject'],
    ['says it again', changeOf(1, 1, { province: '01' }), 'subject'],
    ['stays honest', changeOf(1, 2, { province: '79' }), 'data'],
    ['deletes it', changeOf(1, 2, { operation: 'deleted' }), 'subject'],
    [
      'begins again what was deleted elsewhere',
      changeOf(2, 3, { operation: 'created', province: '01' }),
      'subject',
    ],
    ['deletes it again', changeOf(2, 3, { operation: 'deleted' }), 'subject'],
    ['deletes what nobody knows', changeOf(3, 1, { operation: 'deleted' }), 'subject'],
    ['begins elsewhere', changeOf(3, 1, { province: '48' }), 'data'],
  ];
  for (const [name, change, place] of attempts) t.same(await violations(hanoi, change), outside(place), name);
  t.equal((await stored()).length, 3, 'nothing came of it');
  await push(changeOf(1, 2, { province: '79' }));
  t.same(
    (await stored()).at(-1),
    [2, 'updated', ['/name', '/headOffice/provinceCode']],
    'its own publisher goes on',
  );
});

t.test('a publisher with a scope keeps what is in it, and whoever has both may move a record', async (t) => {
  const { publish, violations, stored } = await open(t);
  const hanoi = within('01');
  await publish(hanoi, changeOf(1, 1), changeOf(1, 2), changeOf(1, 3, { operation: 'deleted' }));
  await publish(hanoi, changeOf(1, 4, { operation: 'created' }));
  t.match(
    await violations(hanoi, changeOf(1, 5, { province: '48' })),
    [{ pointer: '/changes/0/data' }],
    'not out',
  );
  t.match(
    await violations(within('48'), changeOf(1, 5, { province: '48' })),
    [{ pointer: '/changes/0/subject' }],
    'not in',
  );
  await publish(within('01', '48'), changeOf(1, 5, { province: '48' }));
  t.match(
    await violations(hanoi, changeOf(1, 6)),
    [{ pointer: '/changes/0/subject' }],
    'and now it is elsewhere',
  );
  t.equal((await stored()).length, 5);
});

t.test('within a batch each change is held to the one before it', async (t) => {
  const { violations, stored } = await open(t);
  const moving = [
    changeOf(1, 1, { province: '01' }),
    changeOf(1, 2, { operation: 'deleted' }),
    changeOf(1, 3, { province: '48', operation: 'created' }),
  ];
  t.match(await violations(within('01'), ...moving), [{ pointer: '/changes/2/data' }]);
  t.same(await stored(), []);
});

t.test('the place of a listed record counts, also for a change older than the list', async (t) => {
  const { pool, violations } = await open(t);
  const row = {
    identifier: codeOf(1),
    version: 3,
    dimensions: { provinceCode: '79' },
    rendered: undefined,
    persons: [],
  };
  await noteListed(pool, grantOf('TT-1', { provinces: ['79'] }), [row]);
  for (const version of [2, 4]) {
    t.match(await violations(within('01'), changeOf(1, version, { province: '01' })), [
      { pointer: '/changes/0/subject' },
    ]);
  }
});

t.test('a batch is held against what is known when it is stored, not when it came', async (t) => {
  const { pool, push, publish, stored } = await open(t);
  await push(changeOf(1, 1, { name: 'A' }), changeOf(2, 1, { name: 'A' }));
  /** Another publisher stores `first` after `change` was judged, and before it is stored. */
  const overtakenBy = async (first: PushedChange, publisher: Publisher, change: PushedChange) => {
    const waiting = async () => {
      const { rowCount } = await pool.query(
        `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%FOR UPDATE'
           AND datname = current_database()`,
      );
      return rowCount === 1;
    };
    let late: ReturnType<typeof publish> | undefined;
    await transaction(pool, async (client) => {
      await appendWhatFits(client, 'business', checkBatch(stream, { changes: [first] }), stream);
      late = publish(publisher, change);
      await until(waiting);
    });
    return late;
  };
  const oneStep = { maxVersionStep: 1 };
  const second = updated(2, ['/name'], 'B');
  t.match(await overtakenBy(second, oneStep, updated(3, ['/name'], 'C')), { accepted: 1 }, 'refused by then');
  const restated = await overtakenBy(
    updated(5, ['/members'], 'C', { data: { ...stateOf(1, { name: 'C', members: [] }) } }),
    stream,
    {
      ...updated(7, ['/headOffice/detail'], 'C'),
      data: { ...stateOf(1, { name: 'C', members: [] }) },
    },
  );
  t.match(restated, { accepted: 1 });
  t.same((await stored()).slice(2), [
    [2, 'updated', ['/name']],
    [3, 'updated', ['/name']],
    [5, 'updated', ['/members']],
    [7, 'updated', ['/headOffice/detail']],
  ]);
  const begun = await overtakenBy(changeOf(3, 1), stream, {
    ...changeOf(3, 2),
    operation: 'created',
    changedFields: [],
  });
  t.match(begun, { accepted: 1 });
  t.match((await stored()).at(-1), [2, 'updated'], 'was begun by the other meanwhile');
});

t.test('versions jump no further than the contract allows', async (t) => {
  const { push, publish, violations, stored } = await open(t);
  const hanoi = within('01');
  await push(changeOf(1, 7_000));
  t.match(await violations(undefined, changeOf(1, 7_101)), [
    { pointer: '/changes/0/version', detail: 'is more than 100 above the version known' },
  ]);
  await push(changeOf(1, 7_100));
  t.match(await violations(undefined, changeOf(2, 1), changeOf(2, 2), changeOf(2, 103)), [
    { pointer: '/changes/2/version' },
  ]);
  t.match(
    await violations(hanoi, changeOf(3, 900)),
    [{ pointer: '/changes/0/version' }],
    'nor begin far ahead',
  );
  await publish(hanoi, changeOf(3, 100), changeOf(3, 200), changeOf(1, 7_200));
  t.equal((await stored()).length, 5);
});

t.test('a record elsewhere and a missing record are answered alike', async (t) => {
  const { push, violations } = await open(t);
  await push(
    changeOf(1, 5, { province: '79' }),
    changeOf(2, 5, { province: '79' }),
    changeOf(2, 6, { operation: 'deleted' }),
  );
  const probes = [
    (n: number) => changeOf(n, 6, { operation: 'deleted' }),
    (n: number) => changeOf(n, 101, { province: '01' }),
    (n: number) => changeOf(n, 900, { operation: 'deleted' }),
    (n: number) => changeOf(n, 6, { province: '79' }),
  ];
  for (const probe of probes) {
    const answers = await Promise.all([1, 2, 3].map((n) => violations(within('01'), probe(n))));
    t.same(answers[0], answers[2], 'one that is elsewhere');
    t.same(answers[1], answers[2], 'one that was deleted elsewhere');
  }
});

t.test('the place of a record before its deletion is known of older deletions too', async (t) => {
  const { pool, push, violations } = await open(t);
  await push(changeOf(1, 1, { province: '79' }), changeOf(1, 2, { operation: 'deleted' }));
  await asOwner(pool, `ALTER TABLE subject_head DROP COLUMN last_dimensions`);
  await asOwner(pool, `DELETE FROM migration WHERE name LIKE '042%'`);
  await asGateway(await ownerUrl(pool));
  t.match(await violations(within('01'), changeOf(1, 3, { province: '01' })), [
    { pointer: '/changes/0/subject' },
  ]);
  await push(changeOf(1, 3, { province: '79' }));
});
