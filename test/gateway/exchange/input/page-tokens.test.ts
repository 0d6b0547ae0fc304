/** A page token is worth something only to whom it was given, for what it was given. */
import t from 'tap';
import { samples } from '../../../../deploy/sandbox/registries/samples.ts';
import type { Grant } from '../../../../gateway/catalog/catalog.ts';
import { createPageTokens } from '../../../../gateway/exchange/input/page-tokens.ts';
import { deriveSecrets } from '../../../../gateway/store/secrets.ts';
import { type Answer, refused } from '../../../support/answer.ts';
import { controlOf } from '../../../support/control.ts';
import { startTestGateway } from '../../../support/gateway.ts';

const services = ['business.enterprise.search@1', 'land.parcel.find-by-owner@1'].map((service) => ({
  service,
  revision: 0,
  fields: [''],
}));
const [one, other] = [
  { purposes: ['mot'], requiredHeaders: ['X-Purpose'] },
  { purposes: ['hai'], requiredHeaders: ['X-Purpose'] },
];
const gateway = await startTestGateway(t, {
  agreements: [
    { agreement: 'TT-ONE', consumer: 'H30.a', ...one, services },
    { agreement: 'TT-COLLEAGUE', consumer: 'H30.b', ...one, services },
    { agreement: 'TT-OTHER', consumer: 'H30.a', ...other, services },
    { agreement: 'TT-HANOI', consumer: 'H31.a', scope: { provinceCode: ['01'] }, services },
  ],
});
const input = { name: 'công ty', pageSize: 2 };
const SEARCH = 'business.enterprise.search';
const ask = (given: object, system = 'H30.a', purpose = 'mot', service = SEARCH) =>
  gateway.call(system, service, given, { 'x-purpose': purpose });
const tokenOf = ({ body }: Answer) => body.meta?.nextPageToken ?? '';
/** @param place of the token: searches of enterprises have no body */
const isRefused = (
  t: Parameters<typeof refused>[0],
  answer: Answer,
  name: string,
  place: object = { parameter: 'pageToken' },
) => {
  refused(t, answer, 400, 'contract_violation', name);
  t.match(answer.body.errors, [place], name);
};

t.test('leads to the next page, and is the same each time', async (t) => {
  const first = await ask(input);
  const pageToken = tokenOf(first);
  t.match(pageToken, /^[\w-]{50,500}$/);
  t.equal(tokenOf(await ask(input)), pageToken);
  const second = await ask({ ...input, pageToken });
  t.equal(second.status, 200);
  const whole = await ask({ ...input, pageSize: 4 });
  t.same(whole.body.data, [...(first.body.data as []), ...(second.body.data as [])]);
  t.not(tokenOf(second), pageToken);
  t.equal(tokenOf(second).length, pageToken.length, 'its length reveals nothing');
  t.equal((await ask({ pageToken, pageSize: 2, name: input.name })).status, 200, 'in any order of members');
});

t.test('another one is refused, and no registry hears of it', async (t) => {
  const pageToken = tokenOf(await ask(input));
  const business = controlOf(gateway, 'business');
  const land = controlOf(gateway, 'land');
  await Promise.all([business.forget(), land.forget()]);
  const cases: [name: string, ...Parameters<typeof ask>][] = [
    ['another system of the agency', { ...input, pageToken }, 'H30.b'],
    ['another agreement of the system', { ...input, pageToken }, 'H30.a', 'hai'],
    ['another agency', { ...input, pageToken }, 'H31.a', 'thu-nghiem'],
    ['another name', { ...input, name: 'công', pageToken }],
    ['one filter more', { ...input, provinceCode: '01', pageToken }],
    ['another size', { ...input, pageSize: 3, pageToken }],
    ['no size', { name: input.name, pageToken }],
    ...['0.', '1.79', '20.', '2.'].map((text): (typeof cases)[number] => [
      `the adapter's own ${text}`,
      { ...input, pageToken: Buffer.from(text).toString('base64url') },
    ]),
    ['cut', { ...input, pageToken: pageToken.slice(0, -4) }],
    ['longer', { ...input, pageToken: `${pageToken}AAAA` }],
    ['of nothing', { ...input, pageToken: 'A'.repeat(pageToken.length) }],
    ['not base64url', { ...input, pageToken: '__--' }],
  ];
  for (const at of pageToken.split('').keys()) {
    if (at % 7 > 0 && at < pageToken.length - 2) continue;
    const letter = pageToken[at] === 'A' ? 'B' : 'A';
    const altered = pageToken.slice(0, at) + letter + pageToken.slice(at + 1);
    cases.push([`letter ${at}`, { ...input, pageToken: altered }]);
  }
  for (const [name, ...question] of cases) isRefused(t, await ask(...question), name);
  const owner = { personalId: samples().persons.present[0]!, pageToken };
  const parcels = await ask(owner, 'H30.a', 'mot', 'land.parcel.find-by-owner');
  isRefused(t, parcels, 'another service', { pointer: '/pageToken' });
  t.same([(await business.stats()).requests, (await land.stats()).requests], [0, 0]);
  t.equal((await ask({ ...input, pageToken })).status, 200, 'the right one is taken');
});

t.test('bound to system, version and scope', (t) => {
  const tokens = createPageTokens(deriveSecrets(gateway.masterKey));
  const [grant] = gateway.catalog.grants.get('H31.a')!.get(`${SEARCH}@1`)!;
  const of = (change: Partial<Grant>): Grant => ({ ...grant!, ...change });
  const pageToken = tokens.seal('H31.a', grant!, input, '1.01')!;
  t.same(tokens.open('H31.a', grant!, { ...input, pageToken }), { ...input, pageToken: '1.01' });
  t.throws(() => tokens.open('H31.b', grant!, { ...input, pageToken }), { code: 'contract_violation' });
  const others = {
    version: of({ service: { ...grant!.service, key: `${SEARCH}@2` } }),
    scope: of({ scopeValues: { provinceCode: ['01', '79'] } }),
    'no scope': of({ scopeValues: undefined }),
  };
  for (const [name, changed] of Object.entries(others)) {
    t.throws(
      () => tokens.open('H31.a', changed, { ...input, pageToken }),
      { code: 'contract_violation' },
      name,
    );
    t.not(tokens.seal('H31.a', changed, input, '1.01'), pageToken);
  }
  const lengths = new Set(
    ['', '1.', '1000000.79'].map((cursor) => tokens.seal('a', grant!, input, cursor)!.length),
  );
  t.equal(lengths.size, 1);
  t.ok(tokens.seal('a', grant!, input, 'x'.repeat(300))!.length <= 500, 'as long as contracts let it be');
  t.throws(() => tokens.seal('a', grant!, input, 'x'.repeat(301)));
  t.end();
});

t.test('land outside the scope leaves no trace: not a token, not a question to its province', async (t) => {
  const far = await findFarOwner();
  const land = controlOf(gateway, 'land');
  await land.forget();
  await land.fault({ status: 500, match: '/79/' });
  const nobody = { enterpriseCode: samples().enterprises.absent[0]! };
  for (const pageSize of [1, 2, 5]) {
    const [owning, empty] = await Promise.all(
      [far, nobody].map((who) => gateway.call('H31.a', 'land.parcel.find-by-owner', { ...who, pageSize })),
    );
    t.match(owning, { status: 200, body: { data: [] } });
    t.equal(owning!.body.meta?.nextPageToken, undefined);
    t.equal(blank(owning!.text), blank(empty!.text));
  }
  t.same((await land.stats()).requests, 6, 'only Hà Nội was asked');
  await land.clear();
});

const blank = (text: string) => text.replace(/"(requestId|asOf)":"[^"]+"/g, '');

/** An enterprise with land in other provinces than Hà Nội, and none there. */
async function findFarOwner(): Promise<{ enterpriseCode: string }> {
  for (let pageToken: string | undefined; ; ) {
    const page = await ask({ provinceCode: '79', pageSize: 50, ...(pageToken && { pageToken }) });
    for (const { enterpriseCode } of page.body.data as { enterpriseCode: string }[]) {
      const { body } = await ask({ enterpriseCode }, 'H30.a', 'mot', 'land.parcel.find-by-owner');
      const parcels = body.data as { provinceCode: string }[];
      if (parcels.length > 1 && parcels.every(({ provinceCode }) => provinceCode !== '01'))
        return { enterpriseCode };
    }
    pageToken = page.body.meta?.nextPageToken;
    if (pageToken === undefined) throw new Error('there is none');
  }
}
