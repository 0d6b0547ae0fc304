import t from 'tap';
import { samples } from '../../../deploy/sandbox/registries/samples.ts';
import { type Answer, refused, startTestGateway } from '../../support/gateway.ts';

const { present, absent } = samples().persons;
const gateway = await startTestGateway(t);
const lookUp = (input: object) => gateway.call('H26.motcua', 'population.person.lookup', input);
const verify = (input: object) => gateway.call('H26.motcua', 'population.person.verify', input);

/** What the registry really has of a person. */
async function truth(personalId: string): Promise<{ fullName: string; birthDate: string }> {
  const { body } = await lookUp({ personalId });
  const { fullName, birthDate } = body.data as {
    fullName: { familyName?: string; middleName?: string; givenName?: string };
    birthDate: string;
  };
  const { familyName, middleName, givenName } = fullName;
  return { fullName: [familyName, middleName, givenName].filter(Boolean).join(' '), birthDate };
}

const counts = (answers: readonly Answer[]) => {
  const statuses: Record<number, number> = {};
  for (const { status } of answers) statuses[status] = (statuses[status] ?? 0) + 1;
  return statuses;
};

function exhausted(t: Parameters<typeof refused>[0], answer: Answer): void {
  refused(t, answer, 429, 'match_attempts_exhausted');
  t.match(answer, { headers: { 'retry-after': /^[1-9]\d*$/ }, body: { agreement: 'TT-2026-H26-01' } });
}

t.test('five failed matches on one person, then no more answers, right or wrong', async (t) => {
  const personalId = present[1]!;
  const right = await truth(personalId);
  for (let attempt = 1; attempt <= 5; attempt++) {
    refused(
      t,
      await lookUp({ personalId, fullName: `Sai Tên ${attempt}` }),
      404,
      'not_found',
      `attempt ${attempt}`,
    );
  }
  const rows = (await gateway.evidence()).length;
  exhausted(t, await lookUp({ personalId, fullName: 'Sai Nữa' }));
  exhausted(t, await lookUp({ personalId, ...right }));
  exhausted(t, await verify({ personalId, ...right }));
  t.equal((await gateway.evidence()).length, rows, 'a 429 leaves no row');
  t.equal((await lookUp({ personalId })).status, 200, 'a plain look-up compares nothing');
  t.equal(
    (await lookUp({ personalId: present[2]!, fullName: 'Sai' })).status,
    404,
    'somebody else is not concerned',
  );
  const { text } = await gateway.operations('/metrics');
  t.match(text, /lienthong_match_attempts_exhausted_total\{agreement="TT-2026-H26-01"\} 3/);
});

t.test('absent and not matching cannot be told apart, nor by what comes after', async (t) => {
  const blank = ({ status, text, headers }: Answer) => ({
    status,
    text: text.replace(/"requestId":"[^"]+"/, ''),
    headers: { ...headers, 'x-request-id': '', date: '', ratelimit: '' },
  });
  for (let attempt = 1; attempt <= 6; attempt++) {
    const wrong = await lookUp({ personalId: present[3]!, fullName: `Sai ${attempt}` });
    const nobody = await lookUp({ personalId: absent[3]!, fullName: `Sai ${attempt}` });
    t.equal(wrong.status, attempt <= 5 ? 404 : 429);
    const withoutWait = (answer: Answer) => ({
      ...blank(answer),
      headers: { ...blank(answer).headers, 'retry-after': '' },
    });
    t.same(withoutWait(wrong), withoutWait(nobody), `attempt ${attempt}`);
  }
  for (let attempt = 1; attempt <= 6; attempt++) {
    const guess = { fullName: `Sai ${attempt}`, birthDate: '1990' };
    const wrong = await verify({ personalId: present[4]!, ...guess });
    const nobody = await verify({ personalId: absent[4]!, ...guess });
    t.equal(wrong.status, attempt <= 5 ? 200 : 429);
    if (attempt <= 5) {
      t.same(wrong.body.data, { match: false });
      t.same(nobody.body.data, { match: false });
    }
  }
});

t.test('64 different guesses at once get no more than five answers', async (t) => {
  const personalId = present[5]!;
  const answers = await Promise.all(
    Array.from({ length: 64 }, (_, guess) =>
      verify({ personalId, fullName: `Sai ${guess}`, birthDate: '1990' }),
    ),
  );
  const { 200: told = 0, 429: refusedCount = 0 } = counts(answers);
  t.ok(told <= 5, `${told} were answered`);
  t.equal(told + refusedCount, 64, 'all others were refused as too many');
  t.ok(
    answers.every(({ status, body }) => status === 429 || (body.data as { match: boolean }).match === false),
  );
});

t.test('a right value that 64 ask for at once is answered to all of them', async (t) => {
  const personalId = present[6]!;
  const right = await truth(personalId);
  t.same(counts(await Promise.all(Array.from({ length: 64 }, () => verify({ personalId, ...right })))), {
    200: 64,
  });
  t.same(counts(await Promise.all(Array.from({ length: 64 }, () => lookUp({ personalId, ...right })))), {
    200: 64,
  });
  refused(t, await lookUp({ personalId, fullName: 'Sai' }), 404, 'not_found', 'and has used nothing up');
});

t.test('two gateways count together', async (t) => {
  const replica = await startTestGateway(t, { setting: gateway });
  const personalId = present[7]!;
  for (let attempt = 1; attempt <= 5; attempt++) {
    const through = attempt % 2 ? gateway : replica;
    const input = { personalId, fullName: `Sai ${attempt}` };
    refused(t, await through.call('H26.motcua', 'population.person.lookup', input), 404, 'not_found');
  }
  const input = { personalId, fullName: 'Sai 6' };
  exhausted(t, await gateway.call('H26.motcua', 'population.person.lookup', input));
  exhausted(t, await replica.call('H26.motcua', 'population.person.lookup', input));
});
