/** A person by the number of an old identity card: the same limits, the same evidence, the same scope. */
import t from 'tap';
import { personByNumber } from '../../../deploy/sandbox/registries/population/registry.ts';
import { samples } from '../../../deploy/sandbox/registries/samples.ts';
import { deriveSecrets } from '../../../gateway/store/secrets.ts';
import { refused } from '../../support/answer.ts';
import { controlOf } from '../../support/control.ts';
import { startTestGateway } from '../../support/gateway.ts';

const { persons } = samples().notable;
const twin = persons.find(({ label }) => label.startsWith('twin'))!;
const known = persons.find(({ label }) => label === 'has an old identity card')!;
const yearOnly = persons.find(({ label }) => label.includes('card, and only a year'))!;
const card = known.identityCardNumber!;

const lookup = 'population.person.lookup@1';
const verify = { service: 'population.person.verify@1', revision: 0, fields: ['/match'] };
const byCard = { service: lookup, revision: 0, fields: ['/identityCardNumber', '/fullName', '/birthDate'] };
const gateway = await startTestGateway(t, {
  agreements: [
    { agreement: 'TT-CARDS', consumer: 'H30.the', services: [byCard, verify] },
    {
      agreement: 'TT-CARDS-HANOI',
      consumer: 'H30.hanoi',
      scope: { provinceCode: ['01'] },
      services: [byCard],
    },
    { agreement: 'TT-NO-CARDS', consumer: 'H30.khong', services: [{ ...byCard, fields: ['/fullName'] }] },
  ],
});
const population = controlOf(gateway, 'population');
const lookUp = (system: string, input: object) => gateway.call(system, 'population.person.lookup', input);
const { hashSubject } = deriveSecrets(gateway.masterKey);

t.test(
  'a look-up by card: the evidence names the number that was asked for and the person that was found',
  async (t) => {
    const answer = await lookUp('H30.the', { identityCardNumber: card, fullName: known.fullName });
    t.match(answer, {
      status: 200,
      body: { data: { identityCardNumber: card, birthDate: known.birthDate } },
    });
    t.notMatch(answer.text, known.personalId, 'which is not granted');
    const [entry] = await gateway.evidence(answer.body.meta!.requestId!);
    const subjects = entry!.subjects.map((subject) => subject.toString('hex'));
    for (const number of [card, known.personalId]) {
      t.ok(subjects.some((subject) => subject.includes(hashSubject(number).toString('hex'))));
    }
    const year = { identityCardNumber: yearOnly.identityCardNumber, birthDate: yearOnly.birthDate };
    t.equal((await lookUp('H30.the', year)).status, 200);
    const day = `${yearOnly.birthDate}-05-17`;
    t.match(await lookUp('H30.the', { ...year, birthDate: day }), {
      status: 200,
      body: { data: { birthDate: yearOnly.birthDate } },
    });
    const other = `${Number(yearOnly.birthDate) + 1}-05-17`;
    refused(t, await lookUp('H30.the', { ...year, birthDate: other }), 404, 'not_found');
  },
);

t.test('exactly one of the two numbers, in its form', async (t) => {
  const { requests } = await population.stats();
  const inputs = [
    { fullName: known.fullName },
    { personalId: known.personalId, identityCardNumber: card },
    ...['', '12345678', '0123456789', '01234567a', known.personalId].map((identityCardNumber) => ({
      identityCardNumber,
    })),
    { identityCardNumber: 12345678 },
    { personalId: card },
  ];
  for (const input of inputs) {
    const answer = await lookUp('H30.the', input);
    refused(t, answer, 400, 'contract_violation', Object.keys(input).join());
    t.notMatch(answer.text, card);
  }
  const { body } = await lookUp('H30.the', { personalId: known.personalId, identityCardNumber: card });
  t.strictSame(body.errors, [
    { pointer: '', detail: 'phải có đúng một trong các trường: personalId, identityCardNumber' },
  ]);
  t.equal((await population.stats()).requests, requests);
});

t.test('a card number that is not granted is no criterion', async (t) => {
  const answer = await lookUp('H30.khong', { identityCardNumber: card });
  refused(t, answer, 403, 'criterion_not_granted');
  t.match(answer.body.errors, [{ pointer: '/identityCardNumber' }]);
});

t.test('outside the scope reads as nobody', async (t) => {
  t.not(personByNumber(card), undefined);
  refused(t, await lookUp('H30.hanoi', { identityCardNumber: card }), 404, 'not_found');
  refused(t, await lookUp('H30.hanoi', { identityCardNumber: '999999999' }), 404, 'not_found');
});

t.test('verified, and failed matches are counted by the card’s number', async (t) => {
  const check = (input: object) => gateway.call('H30.the', 'population.person.verify', input);
  const { identityCardNumber, fullName, birthDate } = twin;
  t.match(await check({ identityCardNumber, fullName, birthDate }), { body: { data: { match: true } } });
  for (let attempt = 1; attempt <= 5; attempt++) {
    const wrong = { identityCardNumber, fullName: `Sai Tên ${attempt}`, birthDate };
    t.match(await check(wrong), { status: 200, body: { data: { match: false } } });
  }
  refused(t, await check({ identityCardNumber, fullName, birthDate }), 429, 'match_attempts_exhausted');
  refused(t, await lookUp('H30.the', { identityCardNumber, fullName }), 429, 'match_attempts_exhausted');
  t.equal((await lookUp('H30.the', { identityCardNumber })).status, 200, 'a plain look-up compares nothing');
});

t.test(
  'one name and birth date find nobody’s number: they fail with a hundred numbers, and then with none',
  async (t) => {
    const check = (input: object) => gateway.call('H30.the', 'population.person.verify', input);
    const { personalId, identityCardNumber, fullName, birthDate } = known;
    const tried = (i: number) =>
      i % 2
        ? { identityCardNumber: String(900_000_000 + i) }
        : { personalId: `${personalId.slice(0, 6)}${String(900_000 + i)}` };
    const statuses: number[] = [];
    for (let from = 0; from < 120; from += 20) {
      const some = Array.from({ length: 20 }, (_, i) => check({ ...tried(from + i), fullName, birthDate }));
      for (const { status, body } of await Promise.all(some)) {
        statuses.push(status);
        if (status === 200) t.same(body.data, { match: false });
      }
    }
    t.equal(statuses.filter((status) => status === 200).length, 100);
    t.equal(statuses.filter((status) => status === 429).length, 20);
    const right = { identityCardNumber, fullName: fullName.toUpperCase(), birthDate };
    refused(t, await check(right), 429, 'match_attempts_exhausted', 'in any spelling');
    t.equal(
      (await lookUp('H30.the', { identityCardNumber, fullName })).status,
      200,
      'a name alone is that of many',
    );
    const other = { identityCardNumber: yearOnly.identityCardNumber, fullName: yearOnly.fullName };
    t.equal((await check({ ...other, birthDate: yearOnly.birthDate })).status, 200, 'other values go on');
  },
);

t.test('the numbers stand in no log line, metric or address', async (t) => {
  const { text } = await gateway.operations('/metrics');
  for (const number of [card, twin.identityCardNumber!, yearOnly.identityCardNumber!]) {
    t.notMatch(gateway.log.join('\n'), number);
    t.notMatch(text, number);
  }
});
