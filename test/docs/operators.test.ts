/** docs/operators.md tells every variable and every metric as the code does. */
import t from 'tap';
import { withVariables } from '../../docs/generate.ts';
import { variables } from '../../gateway/config/config.ts';
import { createMetrics } from '../../gateway/telemetry/metrics.ts';
import { readDocument, tableOf } from './support/markdown.ts';

const document = await readDocument('docs/operators.md');

t.test('the variables are as `npm run generate` writes them', (t) => {
  t.equal(document, withVariables(document));
  for (const { name, default: value = '', about } of variables) {
    const [row = ''] = document.split('\n').filter((line) => line.startsWith(`| \`${name}\``));
    t.ok(row.includes(value) && row.includes(about.replaceAll('<', '&lt;')), name);
  }
  t.end();
});

t.test('the metrics', async (t) => {
  const { register } = createMetrics();
  const own = (await register.getMetricsAsJSON())
    .filter(({ name }) => !/^lienthong_(process|nodejs)_/.test(name))
    .map(({ name, help }) => [name, help]);
  const rows = tableOf(document, ['metric', 'labels', 'what it tells']);
  t.strictSame(
    rows.map(([name, , help]) => [name, help]),
    own,
  );
});
