/**
 * Every command and every statement of docs/operators/, executed as it is written, on a gateway with PostgreSQL and Kafka: but
 * for those that need a container engine, which are marked.
 */
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { KafkaCluster } from '../../deploy/sandbox/kafka/kafka-server.ts';
import { samples } from '../../deploy/sandbox/registries/samples.ts';
import { shell } from '../acceptance/support/sandbox.ts';
import { hasTool } from '../acceptance/support/tools.ts';
import { startReceiver } from '../gateway/changes/sinks/webhooks/receiver.ts';
import { push, TOPIC } from '../integration/support/changes.ts';
import { makeCertificate } from '../support/certificates.ts';
import { startTestGateway } from '../support/gateway.ts';
import { ownKafka } from '../support/kafka.ts';
import { OPERATOR_TOKEN } from '../support/operator.ts';
import { until } from '../support/until.ts';
import { type DebianPostgres, debianPostgres } from './support/debian-postgres.ts';
import { type Block, blocksOfPages, ROOT } from './support/markdown.ts';
import { proxyFiles } from './support/proxies.ts';

t.setTimeout(600_000);

/** What a command prints, by what it begins with; each of them has a block. */
const EXPECTED: readonly (readonly [begins: RegExp, prints: RegExp, goesOn?: 'after a refusal'])[] = [
  [/^lienthong operators token/, /^[\w-]{43}$[\s\S]*tokenSha256: [0-9a-f]{64}\n {4}validUntil: 2027-06-30/m],
  [/^curl .*\n.*"kind": "system"/, /"id":1,[\s\S]*"data":\[\{"id":1,/],
  [/^curl -sS --fail-with-body -X DELETE/, /đã đổi khóa/],
  [/^curl .*dryRun=true/, /^\{"outcome":"unchanged"[\s\S]*\{"ends":\[\],"terms":\[/],
  [/^nginx -t/, /syntax is ok/],
  [/^systemd-analyze verify/, /^$/],
  [/^psql "\$DATABASE_URL\?sslmode=verify-full/, /^ t {3}\| TLSv1\.[23]/m],
  [/^node -e "const units/, /^34 provinces, \d+ communes$/m],
  [/^lienthong changes dead-letters/, /./],
  [/^lienthong changes replay/, /./],
  [/^node -e "console\.log\(crypto/, /^[\w-]{43}$/m],
  [/^lienthong migrate --create-role/, /./],
  [/^pg_dump/, /^/],
  [/^createdb/, /^/],
  [/^lienthong kafka acls/, /^/],
  [/^curl -X PUT .*control\/faults/, /upstream_timeout[\s\S]*"fault":null/, 'after a refusal'],
];

const tools = [
  hasTool(t, 'nginx', 'nginx'),
  hasTool(t, 'haproxy', 'haproxy'),
  hasTool(t, 'systemd-analyze', 'systemd'),
  hasTool(t, 'pg_dump', 'postgresql'),
  hasTool(t, 'curl', 'curl'),
];
const postgres = await debianPostgres(t);
const kafka = await ownKafka(t);
if (tools.every(Boolean) && postgres && kafka) {
  t.test('docs/operators/', (t) => executed(t, postgres, kafka));
}

async function executed(
  t: Test,
  postgres: DebianPostgres,
  kafka: Pick<KafkaCluster, 'brokers'>,
): Promise<void> {
  process.env.TEST_DATABASE_URL = postgres.url;
  const directory = await mkdtemp(join(tmpdir(), 'lienthong-operators-'));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  const gateway = await startTestGateway(t, {
    variables: {
      OPERATOR_TOKEN,
      KAFKA_BROKERS: kafka.brokers.join(),
      OUTBOUND_ALLOWED_NETWORKS: '127.0.0.1',
    },
  });
  await push(gateway, 1);
  await until(async () => {
    const sent = await gateway.query(`SELECT FROM relay_cursor WHERE topic = '${TOPIC}' AND sequence >= 6`);
    return sent.length === 1;
  });
  const receiver = await startReceiver(t);
  /** Made for the block that needs it: one from before would have ended with the revocation that an earlier block makes and lifts. */
  async function subscribe(t: Test): Promise<string> {
    const subscribed = await gateway.send('/v1/subscriptions', {
      method: 'POST',
      headers: {
        ...{ authorization: `Bearer ${await gateway.token('G12.thue')}`, 'x-purpose': 'quan-ly-thue' },
        'content-type': 'application/json',
      },
      body: JSON.stringify({ url: receiver.url, registry: 'business' }),
    });
    t.equal(subscribed.status, 201, subscribed.text);
    return String((subscribed.body.data as { id: string }).id);
  }

  const lienthong = join(directory, 'lienthong');
  await writeFile(
    lienthong,
    `#!/bin/sh\nexec "${process.execPath}" "${join(ROOT, 'gateway', 'lienthong.js')}" "$@"\n`,
  );
  await chmod(lienthong, 0o755);
  await writeFile(join(directory, 'postgres-ca.pem'), postgres.authority);
  await writeFile(join(directory, 'thue.jwk.json'), JSON.stringify(await gateway.privateKey('G12.thue')));
  const unit = await readFile(join(ROOT, 'deploy', 'systemd', 'lienthong.service'), 'utf8');
  await writeFile(
    join(directory, 'lienthong.service'),
    unit.replaceAll('/usr/bin/node', process.execPath).replaceAll('/opt/lienthong', ROOT),
  );
  const certificate = makeCertificate({ subject: [['CN', 'api']], san: [['dns', 'api.example.gov.vn']] });
  await proxyFiles({ directory, certificate, port: 1, gateways: [] });

  const restored = new URL(gateway.databaseUrl);
  restored.pathname = '/lienthong_restored';
  t.teardown(() => gateway.query('DROP DATABASE IF EXISTS lienthong_restored'));
  const here = (text: string) =>
    text
      .replaceAll('http://127.0.0.1:9090', gateway.operationsUrl)
      .replaceAll('http://127.0.0.1:8102', gateway.registries.business.url)
      .replaceAll('nginx -t', `nginx -t -e stderr -p ${directory} -c ${directory}/nginx.conf`)
      .replaceAll('npx lienthong', 'lienthong')
      .replaceAll(/(changes (?:replay|dead-letters))/g, `$1 --url ${gateway.operationsUrl}`)
      .replaceAll('0152186630', samples().enterprises.present[0]!)
      .replace(
        '--system G12.thue',
        `--system G12.thue --url ${gateway.url} --key ${directory}/thue.jwk.json`,
      );
  const environment = {
    PATH: `${directory}:${process.env.PATH}`,
    OPERATOR_TOKEN,
    DATABASE_URL: gateway.variables.DATABASE_URL!,
    DATABASE_OWNER_URL: gateway.databaseUrl,
    RESTORED_URL: restored.href,
    ADMINISTRATIVE_UNITS_FILE: gateway.variables.ADMINISTRATIVE_UNITS_FILE!,
    CONTRACTS_DIR: gateway.variables.CONTRACTS_DIR!,
  };

  const runs: Readonly<Record<string, (t: Test, block: Block) => Promise<void>>> = {
    async sh(t, block) {
      const [, prints, goesOn] = EXPECTED.find(([begins]) => begins.test(block.text)) ?? [];
      const command = `set -u${goesOn ? '' : 'e'}; cd "${directory}"\n${here(block.text)}`;
      const made: Record<string, string> = block.text.includes('$SUBSCRIPTION')
        ? { SUBSCRIPTION: await subscribe(t) }
        : {};
      const outcome = await shell(t, command, { ...environment, ...made });
      t.equal(outcome.code, 0, `${block.text}\n${outcome.output}`);
      t.match(outcome.output, prints ?? /no expectation/, block.text);
    },
    async sql(t, block) {
      await t.resolves(gateway.query(block.text), block.text);
    },
  };
  const blocks = await blocksOfPages('docs/operators.md');
  const commands = blocks.filter(({ language }) => Object.hasOwn(runs, language));
  for (const block of commands) {
    if (block.words.includes('engine')) continue;
    await t.test(block.place, async (t) => {
      t.same(block.words, ['run'], 'is executed');
      await runs[block.language]!(t, block);
    });
  }
  await t.test('all of them', async (t) => {
    t.ok(commands.length >= 18);
    for (const [begins] of EXPECTED) {
      t.ok(
        commands.some(({ text }) => begins.test(text)),
        `there is a block ${begins}`,
      );
    }
  });
  await t.test('the restored database', async (t) => {
    const count = (table: string) => `SELECT count(*)::int AS rows FROM ${table}`;
    const { default: pg } = await import('pg');
    const client = new pg.Client(restored.href);
    await client.connect();
    t.teardown(() => client.end());
    for (const table of ['evidence', 'change', 'catalogue_swap', 'signing_key', 'revocation']) {
      const [there] = (await client.query(count(table))).rows;
      const [here] = await gateway.query<{ rows: number }>(count(table));
      t.ok(there.rows > 0 && there.rows <= here!.rows, table);
    }
  });
}
