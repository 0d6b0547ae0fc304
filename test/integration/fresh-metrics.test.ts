/** A gateway that has just started exports every series that alerts count, at 0, so that its first failure raises an alert. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { parse } from 'yaml';
import { freePort } from '../../deploy/sandbox/processes/free-port.ts';
import { hasTool } from '../acceptance/support/tools.ts';
import { startReceiver, status } from '../gateway/changes/sinks/webhooks/receiver.ts';
import { startTestGateway } from '../support/gateway.ts';
import { ownKafka } from '../support/kafka.ts';
import { startProcess } from '../support/process.ts';
import type { TestClient } from '../support/test-client.ts';
import { until } from '../support/until.ts';
import { codes, push } from './support/changes.ts';

t.setTimeout(240_000);

const RULES = fileURLToPath(new URL('../../deploy/prometheus/rules.yml', import.meta.url));
const TAX = 'G12.thue';

interface Series {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

async function scrape(gateway: Pick<TestClient, 'operations'>): Promise<Series[]> {
  const { text } = await gateway.operations('/metrics');
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, name, labels = '', value] = line.match(/^(\w+)(?:\{(.*)\})? (\S+)$/)!;
      const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, label, text]) => [
        label,
        text,
      ]);
      return { name: name!, labels: Object.fromEntries(pairs), value: Number(value) };
    });
}

/** Every `metric{label="…", label=~"…"}` of the rules, with its alert. */
async function selectors() {
  const { groups }: { groups: { rules: { alert: string; expr: string }[] }[] } = parse(
    await readFile(RULES, 'utf8'),
  );
  return groups
    .flatMap(({ rules }) => rules)
    .flatMap(({ alert, expr }) =>
      [...expr.matchAll(/\b(lienthong_\w+)(?:\{([^}]*)\})?/g)].flatMap(([selector, name, given = '']) => {
        const matchers = [...given.matchAll(/(\w+)(=~?)"([^"]*)"/g)];
        // Each of the values that a pattern names.
        const alternatives = matchers.flatMap(([, label, operator, value]) =>
          (operator === '=~' ? value!.split('|') : [value!]).map((one) => ({ label: label!, one })),
        );
        const wanted = alternatives.length > 0 ? alternatives : [undefined];
        return wanted.map((matcher) => ({ alert, selector, name: name!, matcher }));
      }),
    );
}

t.test('every selector of the rules finds a series at the first scrape', async (t) => {
  const kafka = await ownKafka(t);
  if (!kafka) return;
  const gateway = await startTestGateway(t, {
    variables: { KAFKA_BROKERS: kafka.brokers.join(), BUSINESS_POLL_SECONDS: '900' },
  });
  const list = await selectors();
  t.ok(list.length > 15);
  let last: Series[] = [];
  const missing = () =>
    list.filter(
      ({ name, matcher }) =>
        !last.some((one) => one.name === name && (!matcher || one.labels[matcher.label] === matcher.one)),
    );
  // What is measured comes with the first measurement.
  await until(async () => {
    last = await scrape(gateway);
    return missing().length <= 1;
  });
  t.strictSame(
    missing().map(({ alert, name }) => `${alert}: ${name}`),
    // A moment that is absent as long as nothing waits; it is compared with the time, and not counted.
    ['LienThongRemovalPending: lienthong_removal_timestamp_seconds'],
  );
  const counted = last.filter(({ name }) => name.startsWith('lienthong_') && name.endsWith('_total'));
  const names = new Set(counted.map(({ name }) => name));
  for (const { name } of list.filter(({ name }) => name.endsWith('_total'))) t.ok(names.has(name), name);
});

t.test('calls of every kind begin no series of what alerts count', async (t) => {
  const gateway = await startTestGateway(t);
  const keys = async () =>
    (await scrape(gateway))
      .filter(({ name }) => name.endsWith('_total') && /^lienthong_(?!requests_|nodejs_|process_)/.test(name))
      .map(({ name, labels }) => `${name} ${JSON.stringify(labels)}`);
  const before = new Set(await keys());
  const { text } = await gateway.send('/openapi.json');
  const { paths }: { paths: Record<string, Record<string, unknown>> } = JSON.parse(text);
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods)
      .filter((method) => /^(get|post|patch|delete)$/.test(method))
      .map((method) => ({ method: method.toUpperCase(), path: path.replace(/\{\w+\}/g, randomUUID()) })),
  );
  t.ok(routes.length > 20);
  const authorization = `Bearer ${await gateway.token(TAX)}`;
  for (const { method, path } of routes) {
    await gateway.send(path, { method });
    const body = method === 'GET' ? undefined : '{}';
    const headers = {
      authorization,
      'x-purpose': 'quan-ly-thue',
      'content-type': body && 'application/json',
    };
    if (!path.endsWith('/changes')) await gateway.send(path, { method, headers, ...(body && { body }) });
  }
  for (const registry of ['business', 'population', 'land', 'nothing']) {
    await gateway.send(`/v1/changes/${registry}`, { headers: { authorization } });
  }
  for (const enterpriseCode of codes)
    await gateway.call(TAX, 'business.enterprise.lookup', { enterpriseCode });
  await gateway.send('/v1/nowhere');
  t.strictSame(
    (await keys()).filter((key) => !before.has(key)),
    [],
  );
});

/** A Prometheus that looks at a gateway every second, by the rules as they are delivered. */
async function startPrometheus(test: Test, target: string) {
  const directory = await mkdtemp(join(tmpdir(), 'lienthong-prometheus-'));
  test.teardown(() => rm(directory, { recursive: true, force: true }));
  const config = join(directory, 'prometheus.yml');
  await writeFile(
    config,
    JSON.stringify({
      global: { scrape_interval: '1s', evaluation_interval: '1s' },
      rule_files: [RULES],
      scrape_configs: [{ job_name: 'lienthong', static_configs: [{ targets: [target] }] }],
    }),
  );
  const address = `127.0.0.1:${await freePort()}`;
  const child = startProcess(test, 'prometheus', [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(directory, 'data')}`,
    `--web.listen-address=${address}`,
  ]);
  const ask = async <T>(path: string): Promise<T | undefined> => {
    const answer = await fetch(`http://${address}/api/v1/${path}`).catch(() => undefined);
    return answer?.ok ? ((await answer.json()) as { data: T }).data : undefined;
  };
  return {
    process: child,
    /** The values that a query has now. */
    query: async (query: string) =>
      (
        await ask<{ result: { value: [number, string] }[] }>(`query?${new URLSearchParams({ query })}`)
      )?.result.map(({ value }) => Number(value[1])) ?? [],
    alerts: async () =>
      (await ask<{ alerts: { labels: Record<string, string>; state: string }[] }>('alerts'))?.alerts ?? [],
  };
}

t.test('Prometheus fires at the first dead letter of a gateway’s life', async (t) => {
  if (!hasTool(t, 'prometheus', 'prometheus')) return;
  const variables = {
    OUTBOUND_ALLOWED_NETWORKS: '127.0.0.1',
    WEBHOOK_SECONDS: '2',
    WEBHOOK_RETRY_HOURS: '1',
  };
  const first = await startTestGateway(t, { variables });
  const receiver = await startReceiver(t);
  const made = await first.send('/v1/subscriptions', {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await first.token(TAX)}`,
      'x-purpose': 'quan-ly-thue',
      'content-type': 'application/json',
    },
    body: JSON.stringify({ url: receiver.url, registry: 'business' }),
  });
  t.equal(made.status, 201, made.text);
  receiver.answer = status(500);
  await push(first, 1);
  await until(
    async () => (await first.query('SELECT FROM webhook_cursor WHERE failing_since IS NOT NULL')).length > 0,
  );
  await first.query("UPDATE subscription SET state = 'paused'");
  await first.close();
  await first.query(
    "UPDATE webhook_cursor SET failing_since = now() - interval '2 hours', retry_at = now() - interval '1 hour'",
  );

  const gateway = await startTestGateway(t, { setting: first, variables });
  const prometheus = await startPrometheus(t, new URL(gateway.operationsUrl).host);
  const letters = 'lienthong_dead_letters_total{sink="webhook"}';
  await until(async () => (await prometheus.query(letters)).includes(0));
  const dead = async () =>
    (await prometheus.alerts()).filter(({ labels }) => labels.alertname === 'LienThongDeadLetters');
  t.strictSame(await dead(), []);

  await gateway.query("UPDATE subscription SET state = 'active'");
  await until(async () => (await dead()).length > 0);
  t.match(await dead(), [
    { state: 'firing', labels: { sink: 'webhook', reason: 'retries_exhausted', severity: 'warning' } },
  ]);
  t.ok((await prometheus.query(letters)).some((value) => value > 0));
});
