/** The generated tables of the documents are as `npm run generate` writes them. */
import t from 'tap';
import { tables, withTable } from '../../docs/generate.ts';
import { owners } from '../../gateway/config/config.ts';
import { problems } from '../../gateway/problems/codes.ts';
import { createMetrics } from '../../gateway/telemetry/metrics.ts';
import { readDocument, tableOf } from './support/markdown.ts';

for (const table of tables) {
  t.test(`${table.name} in ${table.document}`, async (t) => {
    const text = await readDocument(table.document);
    t.equal(text, withTable(text, table), '`npm run generate` writes it');
    const another = withTable(text, { ...table, render: () => '| another |\n' });
    t.not(another, text);
    t.equal(withTable(another, table), text, 'an edit by hand is undone');
    t.throws(() => withTable(text.replace('generated: ', ''), table), { message: /has no/ });
  });
}

t.test('every variable, metric and code has its row', async (t) => {
  const configuration = await readDocument('docs/operators/configuration.md');
  for (const { variables } of owners) {
    for (const { name, default: value = '', about } of variables) {
      const [row = ''] = configuration.split('\n').filter((line) => line.startsWith(`| \`${name}\``));
      t.ok(row.includes(value) && row.includes(about.replaceAll('<', '&lt;')), name);
    }
  }
  const metrics = tableOf(await readDocument('docs/operators/metrics.md'), [
    'metric',
    'labels',
    'what it measures',
  ]);
  const own = (await createMetrics().register.getMetricsAsJSON())
    .filter(({ name }) => !/^lienthong_(process|nodejs)_/.test(name))
    .map(({ name, help }) => [name, help]);
  t.strictSame(
    metrics.map(([name, , help]) => [name, help]),
    own,
  );
  const [requests] = metrics.filter(([name]) => name === 'lienthong_requests_total');
  t.equal(requests![1], 'service, agency, outcome', 'with its labels');
  const codes = tableOf(await readDocument('docs/errors.md'), ['code', 'status', 'meaning', 'what to do']);
  t.strictSame(
    codes.map(([code, status]) => [code, Number(status)]),
    Object.entries(problems).map(([code, { status }]) => [code, status]),
    'in the order of the table in the code',
  );
  for (const [code = '', , meaning, advice] of codes) t.ok(meaning && advice, code);
});
