/** Wrong contracts and configurations are reported, by the command and at the start. */
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { lienthong, npmStart, ROOT, temporaryDirectory, twoPorts } from './support/sandbox.ts';

t.setTimeout(300_000);

/** What is changed in a copy of the package's contracts, and where `check` must find it. */
const mistakes = [
  {
    file: 'services/business.enterprise.lookup.v1.yaml',
    find: 'deadline: 3s',
    put: 'deadline: soon',
    reason: /deadline/,
  },
  {
    file: 'services/land.parcel.lookup.v1.yaml',
    find: 'response: parcel.schema.json',
    put: 'response: missing.schema.json',
    reason: /missing\.schema\.json/,
  },
  {
    file: 'agreements/H26-motcua-one-stop-desk.yaml',
    find: 'fields: [/personalId, /fullName, /birthDate, /permanentResidence]',
    put: 'fields: [/personalId, /fullNmae]',
    reason: /fullNmae/,
  },
  {
    file: 'agreements/G12-thue-tax.yaml',
    find: 'consumer: G12.thue',
    put: 'consumer: G99.nobody',
    reason: /G99\.nobody/,
  },
  { file: 'agencies/H26-hanoi.yaml', find: 'agency: H26', put: 'agency: H26: Hà Nội', reason: /./ },
] as const;

async function brokenContracts(test: Parameters<typeof temporaryDirectory>[0]) {
  const directory = await temporaryDirectory(test);
  await cp(join(ROOT, 'contracts'), directory, { recursive: true });
  const places = [];
  for (const { file, find, put, reason } of mistakes) {
    const path = join(directory, file);
    const text = await readFile(path, 'utf8');
    if (!text.includes(find)) throw new Error(`${file} has changed: it lacks "${find}"`);
    await writeFile(path, text.replace(find, put));
    places.push({ file, line: text.slice(0, text.indexOf(find)).split('\n').length, reason });
  }
  return { directory, places };
}

const broken = await brokenContracts(t);

t.test("lienthong check: the package's contracts are in order", async (t) => {
  const { code, output } = await lienthong(t, ['check']);
  t.equal(code, 0, output);
  t.match(output, /^ok: 12 services, 3 streams, 6 agencies, 7 systems, 7 agreements$/m);
});

t.test('lienthong check: what is valid and perhaps not meant is a warning', async (t) => {
  const directory = await temporaryDirectory(t);
  await cp(join(ROOT, 'contracts'), directory, { recursive: true });
  const file = 'agreements/H26-motcua-one-stop-desk.yaml';
  const text = await readFile(join(directory, file), 'utf8');
  const scope = '  - service: population.person.lookup@1\n    scope: { provinceCode: ["30"] }';
  await writeFile(join(directory, file), text.replace('  - service: population.person.lookup@1', scope));
  const { code, output } = await lienthong(t, ['check', '--contracts', directory]);
  t.equal(code, 0, output);
  const line = text.split('\n').indexOf('  - service: population.person.lookup@1') + 2;
  t.match(output, `${file}:${line}: province 30 was merged into 31 on 2025-07-01`);
  t.match(output, /\(warning\)$/m);
  t.match(output, /^ok: /m);
});

t.test('lienthong check: every error, with file, line and reason', async (t) => {
  const { code, output } = await lienthong(t, ['check', '--contracts', broken.directory]);
  t.equal(code, 1, output);
  const lines = output.trim().split('\n');
  t.match(lines.pop(), new RegExp(`^${lines.length} error\\(s\\)$`));
  for (const line of lines) t.match(line, /^[\w./-]+\.(yaml|json):\d+: \S/);
  for (const { file, line, reason } of broken.places) {
    const findings = lines.filter((one) => one.startsWith(`${file}:`));
    t.ok(
      findings.some((one) => one.startsWith(`${file}:${line}: `) && reason.test(one)),
      `${file}:${line}\n${output}`,
    );
  }
});

t.test('lienthong check: a directory that is not there', async (t) => {
  const { code, output } = await lienthong(t, ['check', '--contracts', join(broken.directory, 'nowhere')]);
  t.equal(code, 1);
  t.match(output, 'cannot be read');
  t.notMatch(output, /^\s+at /m, 'no stack');
});

t.test('a gateway does not start on them, and says the same', async (t) => {
  const { output } = await lienthong(t, ['check', '--contracts', broken.directory]);
  const errors = output.trim().split('\n').slice(0, -1);
  t.ok(errors.length >= broken.places.length && broken.places.length > 0);

  await t.test('start', async (t) => {
    const started = await lienthong(t, ['start'], {
      CONTRACTS_DIR: broken.directory,
      PUBLIC_URL: 'http://127.0.0.1:1',
      DATABASE_URL: 'postgres://127.0.0.1:1/nothing', // it does not get so far
      MASTER_KEY: Buffer.alloc(32, 7).toString('base64url'),
    });
    t.equal(started.code, 2);
    for (const error of errors) t.ok(started.output.includes(error), `${error}\n---\n${started.output}`);
    t.notMatch(started.output, /^\s+at /m, 'no stack');
  });

  await t.test('sandbox', async (t) => {
    const sandbox = npmStart(t, {
      dataDir: await temporaryDirectory(t),
      ports: await twoPorts(),
      env: { CONTRACTS_DIR: broken.directory },
    });
    t.equal((await sandbox.ended).code, 2);
    for (const error of errors) t.ok(sandbox.output.includes(error), `${error}\n---\n${sandbox.output}`);
    t.notMatch(sandbox.output, 'is ready');
  });
});

t.test('missing configuration is listed all at once', async (t) => {
  const { code, output } = await lienthong(t, ['start'], {
    PORT: '99999',
    MASTER_KEY: 'c2hvcnQ',
    LOG_LEVEL: 'loud',
  });
  t.equal(code, 2);
  for (const name of ['PUBLIC_URL', 'DATABASE_URL', 'MASTER_KEY', 'PORT', 'LOG_LEVEL'])
    t.match(output, new RegExp(`^ +${name}: .+`, 'm'));
  t.notMatch(output, 'c2hvcnQ', 'no secret is repeated');
  t.notMatch(output, /^\s+at /m, 'no stack');
});

t.test('a command that is not there', async (t) => {
  const { code, output } = await lienthong(t, ['strat']);
  t.equal(code, 2);
  t.match(output, 'there is no command "strat"');
});
