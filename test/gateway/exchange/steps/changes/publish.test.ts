/** Publishing as a provider sees it: a scope that holds, and batches of which each change has an outcome of its own. */
import t from 'tap';
import { samples } from '../../../../../deploy/sandbox/registries/samples.ts';
import { type Answer, refused } from '../../../../support/answer.ts';
import { startTestGateway } from '../../../../support/gateway.ts';

const gateway = await startTestGateway(t, {
  agreements: [
    {
      agreement: 'TT-HANOI-LAND',
      consumer: 'H30.datdai',
      scope: { provinceCode: ['01'] },
      services: [
        { service: 'land.changes.publish@1', revision: 0, fields: [''] },
        { service: 'business.changes.publish@1', revision: 0, fields: [''] },
      ],
    },
    {
      agreement: 'TT-READS',
      consumer: 'H30.doc',
      streams: [{ stream: 'land.changes.read', entity: 'parcel', revision: 0, fields: [''] }],
    },
  ],
});
const MINISTRY = 'G13.datdai';
const HANOI = 'H30.datdai';

interface Said {
  readonly province?: string;
  readonly commune?: string;
  readonly operation?: string;
  readonly owner?: string;
}

function parcel(number: string, version: number, said: Said = {}) {
  const { province = '79', commune = '27154', owner = 'Chủ thật' } = said;
  const { operation = version === 1 ? 'created' : 'updated' } = said;
  return {
    entity: 'parcel',
    subject: `${commune}/77/${number}`,
    version,
    operation,
    occurredAt: '2026-11-29T08:00:00+07:00',
    changedFields: operation === 'updated' ? ['/owners'] : [],
    ...(operation !== 'deleted' && {
      data: {
        provinceCode: province,
        communeCode: commune,
        mapSheet: '77',
        parcelNumber: number,
        owners: [{ type: 'person', fullName: owner }],
      },
    }),
  };
}

const push = (system: string, ...changes: object[]) =>
  gateway.call(system, 'land.changes.publish', { changes });

async function inPart(system: string, body: string | object, query = 'partial=true'): Promise<Answer> {
  return gateway.send(`/v1/land/changes?${query}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await gateway.token(system)}`, 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

async function delivered(): Promise<string[]> {
  const page = await gateway.send('/v1/changes/land?limit=500', {
    headers: { authorization: `Bearer ${await gateway.token('H30.doc')}` },
  });
  const events = page.body.data as {
    type: string;
    data: { version: number; state?: { parcelNumber: string; owners: { fullName: string }[] } };
  }[];
  return events.map(({ type, data: { version, state } }) =>
    [type.split('.').at(-2), version, state?.parcelNumber, state?.owners[0]?.fullName].join(' '),
  );
}

t.test('another province’s parcel cannot be taken over, nor deleted', async (t) => {
  t.equal((await push(MINISTRY, parcel('1', 1), parcel('2', 1))).status, 201);
  const stolen = { owner: 'Kẻ lạ' };
  const attempts: [name: string, change: object, pointer: string][] = [
    ['honestly', parcel('1', 2, stolen), '/changes/0/data'],
    [
      'by saying that it is elsewhere',
      parcel('1', 2, { ...stolen, province: '01' }),
      '/changes/0/data/communeCode',
    ],
    ['far ahead', parcel('1', 900, { ...stolen, province: '01' }), '/changes/0/data/communeCode'],
    ['by deleting it', parcel('2', 2, { operation: 'deleted' }), '/changes/0/subject'],
    ['by deleting one that is not there', parcel('99', 2, { operation: 'deleted' }), '/changes/0/subject'],
    ['before it is known', parcel('3', 1, { ...stolen, province: '01' }), '/changes/0/data/communeCode'],
  ];
  for (const [name, change, pointer] of attempts) {
    const answer = await push(HANOI, change);
    refused(t, answer, 400, 'contract_violation', name);
    t.match(answer.body, { agreement: 'TT-HANOI-LAND', errors: [{ pointer }] }, name);
    t.notMatch(answer.text, 'Kẻ lạ');
    const [entry, ...more] = await gateway.evidence(answer.headers['x-request-id']);
    t.match([entry?.kind, entry?.code, more], ['refusal', 'contract_violation', []], name);
  }
  t.equal((await push(MINISTRY, parcel('1', 2, { owner: 'Chủ mới' }), parcel('3', 1))).status, 201);
  t.same(await delivered(), [
    'created 1 1 Chủ thật',
    'created 1 2 Chủ thật',
    'updated 2 1 Chủ mới',
    'created 1 3 Chủ thật',
  ]);
  const own = { province: '01', commune: '00004' };
  t.equal(
    (await push(HANOI, parcel('1', 1, own), parcel('1', 2, { ...own, operation: 'deleted' }))).status,
    201,
  );
});

t.test('an enterprise elsewhere cannot be taken over either, though no code says where it is', async (t) => {
  const enterpriseCode = samples().enterprises.present[0]!;
  const change = (version: number, provinceCode: string, communeCode: string) => ({
    entity: 'enterprise',
    subject: enterpriseCode,
    version,
    operation: 'updated',
    occurredAt: '2026-11-29T08:00:00+07:00',
    changedFields: ['/name', '/headOffice'],
    data: { enterpriseCode, name: `Công ty ${version}`, headOffice: { provinceCode, communeCode } },
  });
  const publish = (system: string, ...changes: object[]) =>
    gateway.call(system, 'business.changes.publish', { changes });
  t.equal((await publish('G12.dkkd', change(1, '79', '27154'))).status, 201);
  const answer = await publish(HANOI, change(2, '01', '00004'));
  refused(t, answer, 400, 'contract_violation');
  t.match(answer.body.errors, [
    { pointer: '/changes/0/subject', detail: 'nằm ngoài phạm vi của thỏa thuận' },
  ]);
  t.equal(
    (await publish('G12.dkkd', change(2, '01', '27154'))).status,
    201,
    'the registry’s address, with a warning',
  );
  t.match(
    (await gateway.operations('/metrics')).text,
    /^lienthong_check_warnings_total\{service="business\.changes\.publish@1",check="x-within"\} 1$/m,
  );
  refused(
    t,
    await publish(HANOI, change(3, '01', '27154')),
    400,
    'contract_violation',
    'not for who has a scope',
  );
});

t.test('a province’s claim about an enterprise elsewhere gives way to the registry’s own word', async (t) => {
  const enterpriseCode = samples().enterprises.present[1]!;
  const change = (version: number, operation: string, name: string, headOffice: object) => ({
    ...{ entity: 'enterprise', subject: enterpriseCode, version, operation },
    occurredAt: '2026-11-29T08:00:00+07:00',
    changedFields: operation === 'created' ? [] : ['/name', '/headOffice'],
    data: { enterpriseCode, name, headOffice },
  });
  const here = { provinceCode: '01', communeCode: '00004' };
  const there = { provinceCode: '79', communeCode: '27154' };
  const publish = (system: string, ...changes: object[]) =>
    gateway.call(system, 'business.changes.publish', { changes });
  t.equal((await publish(HANOI, change(100, 'updated', 'Chiếm đoạt', here))).status, 201);
  for (const one of [change(1, 'created', 'Thật', there), change(2, 'updated', 'Thật 2', there)]) {
    const { status, body } = await publish('G12.dkkd', one);
    t.match([status, body], [201, { accepted: 1, duplicates: 0 }]);
  }
  const stored = await gateway.query(
    `SELECT version::int, superseded FROM change WHERE registry = 'business' AND subject = $1 ORDER BY position`,
    [enterpriseCode],
  );
  t.same(stored, [
    { version: 100, superseded: true },
    { version: 1, superseded: false },
    { version: 2, superseded: false },
  ]);
  refused(t, await publish(HANOI, change(3, 'updated', 'Chiếm đoạt', here)), 400, 'contract_violation');
});

t.test('a parcel in a commune that no province has is nobody’s to claim', async (t) => {
  const unknown = { province: '01', commune: '99999' };
  const answer = await push(HANOI, parcel('9', 1, unknown));
  refused(t, answer, 400, 'contract_violation');
  t.match(answer.body.errors, [{ pointer: '/changes/0/data/communeCode' }]);
  t.equal((await push(HANOI, parcel('9', 1, { province: '01', commune: '00004' }))).status, 201);
});

t.test('a commune of another province is refused, whoever says it', async (t) => {
  const answer = await push(MINISTRY, parcel('8', 1, { province: '01' }));
  refused(t, answer, 400, 'contract_violation');
  t.match(answer.body.errors, [{ pointer: '/changes/0/data/communeCode' }]);
});

t.test('a version far ahead is refused, whoever says it', async (t) => {
  t.equal((await push(MINISTRY, parcel('9', 5_000, { operation: 'created' }))).status, 201);
  const answer = await push(MINISTRY, parcel('9', 5_900));
  refused(t, answer, 400, 'contract_violation');
  t.match(answer.body.errors, [{ pointer: '/changes/0/version' }]);
});

t.test('in part: what is right is stored, and each change has an outcome', async (t) => {
  t.equal((await push(MINISTRY, parcel('20', 1), parcel('21', 1))).status, 201);
  const mixed = [
    parcel('30', 1),
    { ...parcel('31', 1), version: 0, entity: 7 },
    parcel('20', 1),
    parcel('21', 1, { owner: 'Khác' }),
    { ...parcel('32', 1), data: { ...parcel('32', 1).data, area: 'rộng' } },
    { ...parcel('20', 2, { owner: 'B' }), changedFields: ['/area'] },
    parcel('20', 3, { owner: 'C' }),
    parcel('33', 1),
    parcel('33', 1),
    parcel('33', 1, { owner: 'Khác' }),
  ];
  const answer = await inPart(MINISTRY, { changes: mixed });
  t.equal(answer.status, 207, answer.text);
  t.match(answer.headers['content-type'], /^application\/json/);
  const { changes, ...counts } = answer.body as unknown as { changes: Record<string, unknown>[] };
  t.same(counts, { accepted: 3, duplicates: 2, refused: 5 });
  t.same(
    changes.map(({ index, status, code }) => [index, status, code].join(' ')),
    [
      '0 201 ',
      '1 400 contract_violation',
      '2 200 ',
      '3 409 change_conflict',
      '4 400 contract_violation',
      '5 400 contract_violation',
      '6 201 ',
      '7 201 ',
      '8 200 ',
      '9 409 change_conflict',
    ],
  );
  t.match(changes[1], { errors: [{ pointer: /^\/changes\/1\// }, { pointer: /^\/changes\/1\// }] });
  t.match(changes[4], { errors: [{ pointer: '/changes/4/data/area' }] });
  t.match(changes[5], { errors: [{ pointer: '/changes/5/changedFields' }] });
  t.same((await delivered()).slice(-3), ['created 1 30 Chủ thật', 'updated 3 20 C', 'created 1 33 Chủ thật']);
  const entries = await gateway.evidence(answer.headers['x-request-id']);
  t.same(entries.map(({ kind, status, code }) => [kind, status, code]).sort(), [
    ['publication', 207, null],
    ['refusal', 207, 'contract_violation'],
  ]);

  const again = await inPart(MINISTRY, { changes: mixed });
  t.match(
    again.body,
    { accepted: 1, duplicates: 5, refused: 4 },
    'sent again, it is a duplicate; a version older than the newest is stored and not delivered',
  );
  refused(t, await push(MINISTRY, ...mixed), 400, 'contract_violation', 'without partial, nothing of it');
  refused(t, await inPart(MINISTRY, { changes: mixed }, 'partial=false'), 400, 'contract_violation');
});

t.test('in part: all right, nothing right, and another’s records', async (t) => {
  const good = await inPart(MINISTRY, { changes: [parcel('40', 1)] });
  t.match([good.status, good.body], [207, { accepted: 1, refused: 0, changes: [{ index: 0, status: 201 }] }]);
  const [entry, ...none] = await gateway.evidence(good.headers['x-request-id']);
  t.match([entry?.kind, entry?.status, none], ['publication', 207, []]);

  const own = { province: '01', commune: '00070' };
  for (const changes of [
    [parcel('40', 2, { operation: 'deleted' })],
    [{ ...parcel('41', 1, own), subject: 'x' }],
  ]) {
    const bad = await inPart(HANOI, { changes });
    t.match(
      [bad.status, bad.body],
      [207, { accepted: 0, duplicates: 0, refused: 1, changes: [{ status: 400 }] }],
    );
    t.same(
      (await gateway.evidence(bad.headers['x-request-id'])).map(({ kind }) => kind),
      ['refusal'],
      'what was not stored was not published',
    );
  }
  const both = await inPart(HANOI, {
    changes: [parcel('40', 2, { operation: 'deleted' }), parcel('42', 1, own)],
  });
  t.match(both.body, { accepted: 1, refused: 1, changes: [{ status: 400 }, { status: 201 }] });
  const [refusal] = both.body.changes as unknown as { errors: object[] }[];
  t.strictSame(
    refusal?.errors,
    [{ pointer: '/changes/0/subject', detail: 'nằm ngoài phạm vi của thỏa thuận' }],
    'in one language',
  );
});

t.test('in part: what is no change at all, and a change that stands there twice', async (t) => {
  const moved = parcel('70', 2, { owner: 'B' });
  t.equal((await push(MINISTRY, parcel('70', 1))).status, 201);
  const answer = await inPart(MINISTRY, {
    changes: [null, 7, [], { ...moved, changedFields: [] }, { ...moved, changedFields: [] }, parcel('71', 1)],
  });
  t.equal(answer.status, 207, answer.text);
  const { changes, ...counts } = answer.body as unknown as {
    changes: { status: number; errors?: { pointer: string }[] }[];
  };
  t.same(counts, { accepted: 1, duplicates: 0, refused: 5 });
  t.same(
    changes.map(({ status }) => status),
    [400, 400, 400, 400, 400, 201],
    'what repeats a refused change is refused with it',
  );
  t.match(changes[4], { errors: [{ pointer: '/changes/4/changedFields' }] });
});

t.test('in part: nobody is published of whom nothing was stored', async (t) => {
  const own = { province: '01', commune: '00070' };
  const owned = (number: string, version: number, personalId: string, said: Said) => {
    const change = parcel(number, version, said);
    return {
      ...change,
      data: { ...change.data, owners: [{ type: 'person', fullName: 'A', personalId }] },
    };
  };
  t.equal((await push(MINISTRY, parcel('72', 1))).status, 201);
  const answer = await inPart(HANOI, {
    changes: [owned('72', 2, '001093824428', {}), owned('73', 1, '001093824429', own)],
  });
  t.match(answer.body, { accepted: 1, refused: 1 }, answer.text);
  const entries = await gateway.evidence(answer.headers['x-request-id']);
  const subjects = new Map(entries.map((entry) => [entry.kind, entry.subjects]));
  t.equal(subjects.get('publication')?.length, 1);
  t.equal(subjects.get('refusal')?.length, 1);
  t.notSame(subjects.get('publication'), subjects.get('refusal'));
});

t.test('in part: violations have an end', async (t) => {
  const changes = Array.from({ length: 50 }, (_, n) => ({
    ...parcel(`8${n}`, 1, { operation: 'updated' }),
    changedFields: Array.from({ length: 300 }, (_, i) => `/nothing${i}`),
  }));
  const answer = await inPart(MINISTRY, { changes });
  t.match(answer.body, { accepted: 0, refused: 50 });
  const outcomes = answer.body.changes as unknown as { errors: object[] }[];
  const named = outcomes.map(({ errors }) => errors.length);
  t.equal(named[0], 100);
  t.equal(
    named.reduce((sum, count) => sum + count, 0),
    1000,
  );
});

t.test('in part: what is wrong with the batch itself refuses it whole', async (t) => {
  refused(t, await inPart(MINISTRY, '{"changes":['), 400, 'malformed_json');
  refused(t, await inPart(MINISTRY, { changes: [] }), 400, 'contract_violation', 'empty');
  const many = Array.from({ length: 1001 }, (_, n) => parcel(String(n), 1));
  refused(t, await inPart(MINISTRY, { changes: many }), 400, 'contract_violation', 'too many');
  refused(
    t,
    await inPart(MINISTRY, { changes: [parcel('50', 1)], more: 1 }),
    400,
    'contract_violation',
    'a member more',
  );
  for (const query of ['partial=yes', 'partal=true', 'partial=true&partial=true']) {
    refused(
      t,
      await inPart(MINISTRY, { changes: [parcel('50', 1)] }, query),
      400,
      'contract_violation',
      query,
    );
  }
  t.notMatch((await delivered()).join(), / 50 /);
});

t.test(
  'texts that are no Unicode: a batch is refused, in part only the changes that have them',
  async (t) => {
    const changes = [
      parcel('970', 1),
      parcel('971', 1, { owner: 'A\0B' }),
      parcel('972', 1),
      { ...parcel('973', 1, { owner: '\ud800' }), version: 'x' },
      parcel('974', 1, { owner: 'Lê \ufffe' }),
    ];
    const owner = '/data/owners/0/fullName';
    const whole = await push(MINISTRY, ...changes);
    refused(t, whole, 400, 'contract_violation');
    t.same(
      whole.body.errors?.map(({ pointer }) => pointer),
      [1, 3, 4].map((index) => `/changes/${index}${owner}`),
    );
    const part = await inPart(MINISTRY, { changes });
    t.match(part, { status: 207, body: { accepted: 2, duplicates: 0, refused: 3 } });
    const outcomes = part.body.changes as { status: number; errors?: { pointer: string }[] }[];
    t.same(
      outcomes.map(({ status, errors }) => [status, ...(errors ?? []).map(({ pointer }) => pointer)]),
      [
        [201],
        [400, `/changes/1${owner}`],
        [201],
        [400, `/changes/3${owner}`, '/changes/3/version'],
        [400, `/changes/4${owner}`],
      ],
    );
    refused(
      t,
      await inPart(MINISTRY, { changes: [parcel('975', 1)], 'a\0': 1 }),
      400,
      'contract_violation',
      'beside them',
    );
    const many = Array.from({ length: 150 }, (_, n) => parcel(`8${n}`, 1, { owner: '\0' }));
    t.match(
      (await inPart(MINISTRY, { changes: many })).body,
      { accepted: 0, refused: 150 },
      'not only the first',
    );
    const texts = (await delivered()).filter((text) => / 97\d /.test(text));
    t.same(texts, ['created 1 970 Chủ thật', 'created 1 972 Chủ thật']);
  },
);

t.test('moments that not each reader reads are refused', async (t) => {
  for (const occurredAt of [
    '2026-11-02T09:15:00+07',
    '2026-11-02 09:15:00+07:00',
    '2016-12-31T23:59:60Z',
    '2026-02-29T09:15:00Z',
  ]) {
    const answer = await push(MINISTRY, { ...parcel('90', 1), occurredAt });
    refused(t, answer, 400, 'contract_violation', occurredAt);
    t.same(
      answer.body.errors?.map(({ pointer }) => pointer),
      ['/changes/0/occurredAt'],
    );
  }
});

t.test('no evidence of what was refused, no answer', async (t) => {
  await gateway.query(`ALTER TABLE evidence ADD CONSTRAINT none CHECK (kind <> 'refusal') NOT VALID`);
  const changes = [parcel('60', 1), { ...parcel('61', 1), subject: 'x' }];
  refused(t, await inPart(MINISTRY, { changes }), 503, 'evidence_unavailable');
  await gateway.query('ALTER TABLE evidence DROP CONSTRAINT none');
  t.match((await inPart(MINISTRY, { changes })).body, { accepted: 0, duplicates: 1, refused: 1 });
});

t.test('the document describes it', async (t) => {
  const { paths, components } = (await gateway.send('/openapi.json')).body as unknown as {
    paths: Record<string, { post: { parameters: { name?: string }[]; responses: Record<string, object> } }>;
    components: { schemas: Record<string, object> };
  };
  const { parameters, responses } = paths['/v1/land/changes']!.post;
  t.ok(parameters.some(({ name }) => name === 'partial'));
  t.match(responses['207'], {
    content: {
      'application/json': { schema: { $ref: '#/components/schemas/PartlyPublished' } },
    },
  });
  t.match(components.schemas.PartlyPublished, {
    required: ['accepted', 'duplicates', 'refused', 'changes'],
  });
});
