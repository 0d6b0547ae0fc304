/** The table of circumstances: its rows keep what the table promises of them. */
import t from 'tap';
import { circumstances, granted } from '../../../gateway/circumstances/circumstances.ts';
import { readCircumstance, readCircumstances } from '../../../gateway/circumstances/read-circumstances.ts';
import { deliveredUnder, undeclared } from '../../../gateway/circumstances/recorded-circumstances.ts';
import { readDocument } from '../../docs/support/markdown.ts';
import { copyContracts, findingsIn } from '../../support/contracts.ts';

t.test('names are used once', async (t) => {
  for (const name of ['header', 'field', 'member', 'column', 'option', 'parameter'] as const) {
    t.equal(new Set(circumstances.map((row) => row[name])).size, circumstances.length, name);
  }
});

t.test('the example has the shape, and two lines of one field never have', async (t) => {
  for (const row of circumstances) {
    const { field, example } = row;
    t.equal(readCircumstance({ [field]: example }, row), example, field);
    t.throws(() => readCircumstance({ [field]: `${example}, ${example}` }, row), { code: 'header_invalid' });
  }
});

t.test('a call has every circumstance that it declares, and the granted one always', async (t) => {
  const agreement = { purposes: ['one', 'two'] };
  const headers = Object.fromEntries(circumstances.map(({ field, example }) => [field, example]));
  const declared = Object.fromEntries(circumstances.map(({ member, example }) => [member, example]));
  t.strictSame(readCircumstances(headers, agreement), declared);
  t.strictSame(readCircumstances({}, agreement), { ...undeclared, [granted.member]: 'one' });
  t.strictSame(deliveredUnder(agreement), { ...undeclared, [granted.member]: 'one two' });
});

t.test('agencies read of every header, in both languages', async (t) => {
  for (const document of ['docs/agencies/call-a-service.md', 'docs/agencies/call-a-service.vi.md']) {
    const text = await readDocument(document);
    for (const { header } of circumstances) t.match(text, `\n| \`${header}\` | `, `${document}: ${header}`);
  }
});

t.test('agreements and examples can name every header, and no other', async (t) => {
  const agreement = 'contracts/agreements/G12-thue-tax.yaml';
  const service = 'contracts/services/business.enterprise.lookup.v1.yaml';
  const headers = circumstances.map(({ header }) => header);
  const all = circumstances.map((row) => `${row.header}: ${row.example}`);
  const contracts = await copyContracts(t, {
    [agreement]: (text) => text.replace('[X-Purpose]', `[${headers.join(', ')}]`),
    [service]: (text) => text.replace(/headers: \{.*\}/, `headers: { ${all.join(', ')} }`),
  });
  t.strictSame(await findingsIn(contracts), []);
  await contracts.edit({
    [agreement]: (text) => text.replace(headers.join(', '), 'X-Other'),
    [service]: (text) => text.replace(all[0]!, `X-Other: 1, ${all[0]} or two`),
  });
  t.match(
    (await findingsIn(contracts)).map(({ message }) => message),
    [
      /unknown property "X-Other"/,
      `/examples/0/headers/${headers[0]} must match pattern`,
      `/requiredHeaders/0 must be equal to one of the allowed values: ${headers.join(', ')}`,
    ],
  );
});
