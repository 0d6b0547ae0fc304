/** What a newcomer meets: what `npm start` prints, the first call as it is printed, and the subjects to try. */
import t from 'tap';
import { parcelPath, readSamples } from './support/samples.ts';
import { shell, startSandbox } from './support/sandbox.ts';

t.setTimeout(300_000);

const sandbox = await startSandbox(t);
const samples = await readSamples(t);

const desk = { as: 'H26.motcua', purpose: 'dich-vu-cong', caseId: 'H26.11-261122-0002', officer: 'CB002' };
const tax = { as: 'G12.thue', purpose: 'quan-ly-thue' };
const person = samples.persons.present[0]!;

t.test('the sandbox prints what runs where', async (t) => {
  const { output } = sandbox.process;
  t.match(output, `gateway      ${sandbox.url} `);
  t.match(output, `operators    ${sandbox.operationsUrl} `);
  const documents = output.match(/documents: (\S+)/)![1]!;
  t.equal((await fetch(documents)).status, 200);
  t.equal((await fetch(`${sandbox.operationsUrl}/health/ready`)).status, 200);
  for (const registry of ['population', 'business', 'land']) {
    const address = output.match(
      new RegExp(`^ {2}${registry} +(http://127\\.0\\.0\\.1:\\d+) +simulated`, 'm'),
    );
    t.ok(address, registry);
    t.equal((await fetch(`${address![1]}/`)).status >= 200, true, `${registry} listens`);
  }
  t.match(output, /PostgreSQL +127\.0\.0\.1:\d+/);
  t.match(output, 'no Kafka');
  for (const system of ['H26.motcua', 'G12.thue', 'G01.dancu', 'G12.dkkd', 'G13.datdai', 'G22.giamsat'])
    t.match(output, system);
});

t.test('the printed command, copied into a shell, makes the first call', async (t) => {
  const commands = sandbox.process.output.match(/^ {2}npx lienthong call .*$/gm);
  t.equal(commands?.length, 1, 'one command');
  const { code, output } = await shell(t, commands![0]!);
  t.equal(code, 0, output);
  t.match(output, 'HTTP 200');
  const { data, meta } = JSON.parse(output.slice(output.indexOf('\n{')));
  t.strictSame(Object.keys(data).sort(), ['birthDate', 'fullName', 'permanentResidence', 'personalId']);
  t.equal(data.personalId, person, 'the first of the samples');
  for (const field of [
    '/sex',
    '/ethnicity',
    '/religion',
    '/spouse/personalId',
    '/currentResidence/communeCode',
  ])
    t.ok(meta.withheld.includes(field), `${field} is named as withheld`);
  t.notOk(meta.withheld.some((path: string) => /^\/(personalId|fullName|birthDate|permanentRes)/.test(path)));
});

t.test('the printed command shows changes', async (t) => {
  const [command] = sandbox.process.output.match(/^ {2}npx lienthong changes tail .*$/m)!;
  t.ok(command.includes(`--url ${sandbox.url}`), 'of this sandbox');
});

t.test('the same person, by two agencies', async (t) => {
  const [atTheDesk, atTheTaxOffice] = await Promise.all(
    [desk, tax].map((caller) =>
      sandbox.call({ ...caller, path: '/v1/population/persons/lookup', body: { personalId: person } }),
    ),
  );
  t.equal(atTheDesk!.status, 200);
  t.equal(atTheTaxOffice!.status, 200);
  t.strictSame(Object.keys(atTheTaxOffice!.body.data).sort(), ['fullName', 'personalId']);
  t.strictSame(atTheTaxOffice!.body.data.fullName, atTheDesk!.body.data.fullName);
  t.ok(atTheDesk!.body.data.birthDate);
  t.ok(atTheTaxOffice!.body.meta.withheld.includes('/birthDate'));
  t.equal(atTheDesk!.body.meta.agreement, 'TT-2026-H26-01');
  t.equal(atTheTaxOffice!.body.meta.agreement, 'TT-2026-G12-01');
});

t.test('a system without an agreement is refused', async (t) => {
  for (const question of [
    { path: '/v1/population/persons/lookup', body: { personalId: person } },
    { path: `/v1/business/enterprises/${samples.enterprises.present[0]}` },
    { path: '/v1/changes/business' },
  ]) {
    const { status, body } = await sandbox.call({ as: 'H29.thu', purpose: 'dich-vu-cong', ...question });
    t.equal(status, 403, question.path);
    t.equal(body.code, 'no_agreement');
  }
});

t.test('no token', async (t) => {
  const { status, headers, body } = await sandbox.call({
    as: undefined,
    path: '/v1/population/persons/lookup',
    body: { personalId: person },
  });
  t.equal(status, 401);
  t.equal(body.code, 'token_missing');
  t.match(headers.get('www-authenticate'), /^Bearer/);
});

t.test('the samples have their documented shape', async (t) => {
  const { notable, ...sets } = samples;
  t.strictSame(Object.keys(sets), ['persons', 'enterprises', 'parcels']);
  t.strictSame(Object.keys(notable), ['persons', 'enterprises']);
  for (const [name, set] of Object.entries(sets)) {
    t.strictSame(Object.keys(set), ['present', 'absent', 'malformed'], name);
    for (const list of Object.values(set)) t.ok(Array.isArray(list) && list.length >= 10, name);
  }
  for (const list of Object.values(samples.parcels))
    for (const key of list) t.strictSame(Object.keys(key), ['communeCode', 'mapSheet', 'parcelNumber']);
});

const expected = { present: 200, absent: 404, malformed: 400 } as const;

t.test('persons behave as the samples say', async (t) => {
  for (const [kind, status] of Object.entries(expected)) {
    for (const personalId of samples.persons[kind as keyof typeof expected]) {
      const answer = await sandbox.call({
        ...desk,
        path: '/v1/population/persons/lookup',
        body: { personalId },
      });
      t.equal(answer.status, status, `${kind} ${personalId}`);
      if (kind === 'present') t.equal(answer.body.data.personalId, personalId);
      if (kind === 'malformed') t.equal(answer.body.errors[0].pointer, '/personalId');
      if (kind !== 'present' && personalId)
        t.notMatch(JSON.stringify(answer.body), personalId, 'not repeated in the refusal');
    }
  }
});

t.test('people with uncommon names, numbers and birth dates are who they are', async (t) => {
  for (const { label, personalId, identityCardNumber, fullName, birthDate } of samples.notable.persons) {
    for (const number of [{ personalId }, ...(identityCardNumber ? [{ identityCardNumber }] : [])]) {
      const answer = await sandbox.call({
        ...desk,
        path: '/v1/population/persons/verify',
        body: { ...number, fullName, birthDate },
      });
      t.match(answer, { status: 200, body: { data: { match: true } } }, label);
    }
  }
});

t.test('enterprises behave as the samples say', async (t) => {
  for (const [kind, status] of Object.entries(expected)) {
    for (const code of samples.enterprises[kind as keyof typeof expected]) {
      const answer = await sandbox.call({
        ...tax,
        path: `/v1/business/enterprises/${encodeURIComponent(code)}`,
      });
      t.equal(answer.status, status, `${kind} "${code}"`);
      if (kind === 'present') t.equal(answer.body.data.enterpriseCode, code);
      if (kind === 'malformed') t.equal(answer.body.errors[0].parameter, 'enterpriseCode');
    }
  }
});

t.test('parcels behave as the samples say, for both who may see them', async (t) => {
  for (const [kind, status] of Object.entries(expected)) {
    for (const key of samples.parcels[kind as keyof typeof expected]) {
      for (const caller of [desk, tax]) {
        const answer = await sandbox.call({ ...caller, path: parcelPath(key) });
        t.equal(answer.status, status, `${kind} ${JSON.stringify(key)}`);
        if (kind === 'present') t.match(answer.body.data, key);
        if (kind === 'present' && caller === desk)
          t.notMatch(JSON.stringify(answer.body.data), /personalId|enterpriseCode|certificates/);
      }
    }
  }
});

t.test('a person is verified without a word more', async (t) => {
  const { body } = await sandbox.call({
    ...desk,
    path: '/v1/population/persons/lookup',
    body: { personalId: person },
  });
  const { familyName, middleName, givenName } = body.data.fullName;
  const claim = {
    personalId: person,
    fullName: [familyName, middleName, givenName].filter(Boolean).join(' '),
    birthDate: body.data.birthDate,
  };
  const verify = (claim: object) =>
    sandbox.call({ ...desk, path: '/v1/population/persons/verify', body: claim });
  t.strictSame((await verify(claim)).body.data, { match: true });
  t.strictSame((await verify({ ...claim, fullName: 'Nguyễn Văn Mẫu' })).body.data, { match: false });
  const absent = await verify({ ...claim, personalId: samples.persons.absent[0] });
  t.notMatch(absent.body, { data: { match: true } });
});

t.test('a boundary is GeoJSON (RFC 7946) inside Vietnam', async (t) => {
  for (const key of samples.parcels.present) {
    const { status, body } = await sandbox.call({ ...tax, path: `${parcelPath(key)}/boundary` });
    t.equal(status, 200);
    const { type, geometry, properties } = body.data;
    t.equal(type, 'Feature');
    t.equal(geometry.type, 'Polygon');
    t.match(properties, key);
    const [outer, ...holes] = geometry.coordinates as [number, number][][];
    for (const ring of [outer!, ...holes]) {
      t.ok(ring.length >= 4);
      t.strictSame(ring[0], ring.at(-1), 'the ring is closed');
      t.ok(
        ring.every(([longitude, latitude]) => isInVietnam(longitude, latitude)),
        JSON.stringify(ring),
      );
    }
    t.ok(signedArea(outer!) > 0, 'the outer ring goes counter-clockwise');
    for (const hole of holes) t.ok(signedArea(hole) < 0, 'a hole goes clockwise');
  }
});

t.test('a search pages to its end', async (t) => {
  const page = (token?: string) => {
    const query = new URLSearchParams({ name: 'hoàng', provinceCode: '48', pageSize: '10' });
    if (token) query.set('pageToken', token);
    return sandbox.call({ ...tax, path: `/v1/business/enterprises?${query}` });
  };
  const pages = await readPages(page);
  t.ok(pages.length > 1, `${pages.length} pages`);
  t.ok(pages.slice(0, -1).every((records) => records.length === 10));
  const records = pages.flat() as {
    enterpriseCode: string;
    name: string;
    headOffice: { provinceCode: string };
  }[];
  t.equal(new Set(records.map(({ enterpriseCode }) => enterpriseCode)).size, records.length, 'none twice');
  t.ok(records.every(({ headOffice }) => headOffice.provinceCode === '48'));
  t.ok(records.every(({ name }) => /hoàng/i.test(name.normalize('NFC')) || /hoang/i.test(bare(name))));
});

t.test('parcels of an owner page to their end', async (t) => {
  const found = await ownerOfSeveral();
  const pages = await readPages((pageToken) =>
    sandbox.call({
      ...tax,
      path: '/v1/land/parcels/find-by-owner',
      body: { ...found.owner, pageSize: 1, ...(pageToken && { pageToken }) },
    }),
  );
  t.ok(pages.every((records) => records.length === 1));
  const keys = pages.flat().map((record) => parcelPath(record as never));
  t.equal(new Set(keys).size, keys.length, 'none twice');
  t.strictSame(keys.sort(), found.keys.sort(), 'the same as on one page');
});

/** An owner, among those of the sample parcels and what they lead to, who has more than one parcel. */
async function ownerOfSeveral(): Promise<{ owner: object; keys: string[] }> {
  for (const key of samples.parcels.present) {
    const { body } = await sandbox.call({ ...tax, path: parcelPath(key) });
    for (const { personalId, enterpriseCode } of body.data.owners) {
      const owner = personalId ? { personalId } : { enterpriseCode };
      const all = await sandbox.call({
        ...tax,
        path: '/v1/land/parcels/find-by-owner',
        body: { ...owner, pageSize: 100 },
      });
      if (all.body.data.length > 1) return { owner, keys: all.body.data.map(parcelPath) };
    }
  }
  throw new Error('no owner of the sample parcels has two');
}

async function readPages(
  page: (token?: string) => ReturnType<typeof sandbox.call>,
): Promise<readonly unknown[][]> {
  const pages: unknown[][] = [];
  let token: string | undefined;
  do {
    const { status, body } = await page(token);
    if (status !== 200) throw new Error(`HTTP ${status}: ${JSON.stringify(body)}`);
    pages.push(body.data);
    token = body.meta.nextPageToken;
  } while (token !== undefined);
  return pages;
}

/** Its islands too. */
function isInVietnam(longitude: number, latitude: number): boolean {
  return longitude > 102 && longitude < 118 && latitude > 6.5 && latitude < 23.5;
}

function signedArea(ring: readonly (readonly [number, number])[]): number {
  let sum = 0;
  for (let i = 1; i < ring.length; i++) {
    const [x1, y1] = ring[i - 1]!;
    const [x2, y2] = ring[i]!;
    sum += x1 * y2 - x2 * y1;
  }
  return sum / 2;
}

const bare = (text: string) =>
  text
    .normalize('NFD')
    .replaceAll(/\p{Mn}/gu, '')
    .toLowerCase();
