import t from 'tap';
import { samples } from '../../../deploy/sandbox/registries/samples.ts';
import { type Answer, refused } from '../../support/answer.ts';
import { controlOf } from '../../support/control.ts';
import { startTestGateway } from '../../support/gateway.ts';

const { present, absent } = samples().persons;
const gateway = await startTestGateway(t);
const population = controlOf(gateway, 'population');
const lookUp = (input: object) => gateway.call('H26.motcua', 'population.person.lookup', input);
const verify = (input: object) => gateway.call('H26.motcua', 'population.person.verify', input);

/** The registry's own record of a person. */
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

t.test('absent and not matching cannot be distinguished, not even by later calls', async (t) => {
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
    t.equal(nobody.status, wrong.status);
    if (attempt <= 5) {
      t.same(wrong.body.data, { match: false });
      t.same(nobody.body.data, { match: false });
    }
  }
});

t.test('spellings of one name are one attempt, and a spelling of the right one is right', async (t) => {
  const personalId = present[8]!;
  const right = await truth(personalId);
  const wrong = ['Lê Văn Sai Đăng', 'Lê Văn Sai Ðăng', 'LE VAN SAI DANG', 'lê  văn\u00a0sai\u200b ɖăng'];
  for (const fullName of [...wrong, ...wrong.map((name) => name.normalize('NFD')), ...wrong]) {
    refused(t, await lookUp({ personalId, fullName }), 404, 'not_found', fullName);
    const birthDate = '1990';
    for (const input of [
      { personalId, fullName, birthDate },
      { birthDate, fullName, personalId },
    ]) {
      t.match(await verify(input), { status: 200, body: { data: { match: false } } }, fullName);
    }
  }
  // Two so far: without and with a birth date.
  const spelt = [
    right.fullName.normalize('NFD'),
    right.fullName.replaceAll('Đ', 'Ð').replaceAll('đ', 'ð'),
    `\ufeff${right.fullName.replaceAll(' ', '\u00a0 ')}`,
    right.fullName.replaceAll(/[A-Z]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) + 0xfee0)),
  ];
  for (const fullName of spelt) t.equal((await lookUp({ personalId, fullName })).status, 200, fullName);
  for (const name of ['Ba', 'Bốn', 'Năm']) {
    refused(t, await lookUp({ personalId, fullName: `Sai Lần ${name}` }), 404, 'not_found');
  }
  exhausted(t, await lookUp({ personalId, ...right }));
});

t.test('a name with letters that cannot be compared is refused, and nobody is asked', async (t) => {
  const personalId = present[9]!;
  const right = await truth(personalId);
  const asked = async () => (await population.stats()).requests;
  const before = await asked();
  const names = [`${right.fullName} 李明`, `${right.fullName}а`, 'Λê', '李明', 'Lê ♥ Linh', '.', '٣'];
  for (const fullName of names) {
    for (const answer of [
      await lookUp({ personalId, fullName }),
      await verify({ personalId, fullName, birthDate: right.birthDate }),
    ]) {
      refused(t, answer, 400, 'contract_violation', fullName);
      t.strictSame(
        answer.body.errors?.map(({ pointer }) => pointer),
        ['/fullName'],
      );
      if (fullName !== '.') t.notMatch(answer.text, fullName);
    }
  }
  t.equal(await asked(), before, 'the registry heard of none of them');
  t.same(await gateway.query('SELECT FROM match_attempt'), []);
  t.equal((await lookUp({ personalId, ...right })).status, 200, 'and none was an attempt');
});

t.test('64 different guesses at once get no more than five answers', async (t) => {
  const personalId = present[5]!;
  const answers = await Promise.all(
    Array.from({ length: 64 }, (_, guess) =>
      verify({ personalId, fullName: `Sai ${guess}`, birthDate: '1990' }),
    ),
  );
  const { 200: answered = 0, 429: refusedCount = 0 } = counts(answers);
  t.ok(answered > 0 && answered <= 5, `${answered} were answered`);
  t.equal(answered + refusedCount, 64, 'all others were refused as too many');
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
