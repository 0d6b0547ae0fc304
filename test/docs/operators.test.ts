/** docs/operators.md tells every variable and every metric as the code does. */
import t from 'tap';
import { variables } from '../../gateway/config/config.ts';
import { createMetrics } from '../../gateway/telemetry/metrics.ts';
import { readDocument, tableOf } from './support/markdown.ts';

const document = await readDocument('docs/operators.md');

t.test('the variables', (t) => {
  const known: readonly { name: string; default: string | undefined; about: string; secret?: true }[] =
    variables;
  t.strictSame(
    tableOf(document, ['variable', 'default', 'what it is']),
    known.map(({ name, default: value = '', about, secret }) => [
      secret ? `\`${name}\` *` : name,
      value,
      about,
    ]),
  );
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
