import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { parse } from 'yaml';
import { createMetrics } from '../../../../gateway/telemetry/metrics.ts';
import { promtool } from './promtool.ts';

const file = (name: string) =>
  fileURLToPath(new URL(`../../../../deploy/prometheus/${name}`, import.meta.url));

interface Rule {
  alert: string;
  expr: string;
  labels: { severity: string };
  annotations: Record<string, string>;
}

t.test('promtool accepts the configuration and the rules, and the rules fire when they should', async (t) => {
  promtool(t, ['check', 'config', file('prometheus.yml')]);
  promtool(t, ['check', 'rules', file('rules.yml')]);
  promtool(t, ['test', 'rules', file('rules.test.yml')]);
});

t.test('each alert is shown from a fresh start', async (t) => {
  const [{ groups }, { tests }] = await Promise.all(
    ['rules.yml', 'rules.test.yml'].map(async (name) => parse(await readFile(file(name), 'utf8'))),
  );
  const alerts = (groups as { rules: Rule[] }[]).flatMap(({ rules }) => rules.map(({ alert }) => alert));
  const fresh = (
    tests as { name: string; promql_expr_test?: { exp_samples: { labels: string }[] }[] }[]
  ).find(({ name }) => name.startsWith('from a fresh start'));
  const shown = fresh?.promql_expr_test?.at(-1)?.exp_samples.map(({ labels }) => labels);
  t.strictSame(shown?.sort(), alerts.map((alert) => `{alertname="${alert}"}`).sort());
});

t.test('rules speak of metrics that exist, and say what to do', async (t) => {
  const document: { groups: { rules: Rule[] }[] } = parse(await readFile(file('rules.yml'), 'utf8'));
  const rules = document.groups.flatMap((group) => group.rules);
  t.ok(rules.length >= 5);
  const existing = new Set((await createMetrics().register.getMetricsAsJSON()).map(({ name }) => name));
  for (const { alert, expr, labels, annotations } of rules) {
    const names = expr.match(/lienthong_\w+/g) ?? [];
    t.ok(names.length > 0 || /\bup\b/.test(expr), `${alert}: of what`);
    for (const name of names) t.ok(existing.has(name), `${alert}: ${name}`);
    // Of these the first shows no increase: there are too many to begin with.
    t.notMatch(expr, 'lienthong_requests_total', alert);
    t.match(labels.severity, /^(critical|warning)$/, alert);
    for (const key of ['summary', 'description', 'runbook']) t.ok(annotations[key], `${alert}: ${key}`);
  }
});
