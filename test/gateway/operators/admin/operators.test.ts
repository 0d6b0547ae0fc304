/** Operators by name: their tokens, their lines in the log, their names in the evidence, and the catalogue's own entries. */
import { createHash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import t, { type Test } from 'tap';
import { parseOperators } from '../../../../gateway/config/operators-file.ts';
import { lienthong } from '../../../acceptance/support/sandbox.ts';
import { startTestGateway, type TestGateway } from '../../../support/gateway.ts';
import { askOperators, decision, OPERATOR_TOKEN } from '../../../support/operator.ts';
import { layOut } from '../../../support/setting.ts';
import { until } from '../../../support/until.ts';

t.setTimeout(300_000);

/** A token and its entry, as the command makes them. */
async function operator(test: Test, name: string, ...more: string[]) {
  const { code, output } = await lienthong(test, ['operators', 'token', name, ...more]);
  test.equal(code, 0, output);
  const [token = ''] = /^[\w-]{43}$/m.exec(output) ?? [];
  return { token, entry: output.replace(`${token}\n`, '').trimEnd() };
}

/** What `kind` left in the log, oldest first. */
const lines = (gateway: TestGateway, msg: string) =>
  gateway.log.map((line): Record<string, unknown> => JSON.parse(line)).filter((line) => line.msg === msg);

interface SwapRow {
  readonly id: string;
  readonly document: string;
  readonly parsed: Record<string, unknown>;
}

const swaps = (gateway: TestGateway) =>
  gateway.query<SwapRow>(
    'SELECT id, document::text AS document, document AS parsed FROM catalogue_swap ORDER BY at, id',
  );

t.test('each operator has a token, and a name in log and evidence', async (t) => {
  const an = await operator(t, 'nguyen.van.an');
  const binh = await operator(t, 'tran.thi.binh', '--valid-until', '2026-01-31');
  const setting = await layOut(t, { variables: { OPERATOR_TOKEN } });
  const file = join(setting.variables.CONTRACTS_DIR!, '..', 'operators.yaml');
  const list = (...entries: string[]) => writeFile(file, `operators:\n${entries.join('\n')}\n`);
  await list(an.entry, binh.entry);
  const gateway = await startTestGateway(t, { setting, variables: { OPERATORS_FILE: file } });
  const ask = async (token = '', method = 'GET', path = 'revocations', body?: object) =>
    (await askOperators(gateway, method, path, body, token)).status;

  const revoked = { kind: 'system', value: 'G12.thue', ...decision };
  t.equal(await ask(an.token, 'POST', 'revocations', revoked), 201);
  t.equal(await ask(OPERATOR_TOKEN), 200);
  await until(() => lines(gateway, 'an operator’s request').length === 2);
  t.match(lines(gateway, 'an operator’s request'), [
    {
      operator: 'nguyen.van.an',
      method: 'POST',
      route: '/admin/revocations',
      status: 201,
      address: '127.0.0.1',
    },
    { operator: 'operator', method: 'GET', route: '/admin/revocations', status: 200 },
  ]);
  const [entry] = (await gateway.evidence()).filter(({ kind }) => kind === 'revocation');
  t.match(entry, { service: 'admin.revocations.revoke', officer_id: 'nguyen.van.an' });

  // Her last day is over; the third token is nobody's; the fourth request has none.
  t.equal(await ask(binh.token), 401);
  t.equal(await ask('x'.repeat(43)), 401);
  t.equal(await ask(undefined), 401);
  t.match(lines(gateway, 'an operator’s request was refused'), [
    { level: 'warn', address: '127.0.0.1', code: 'token_invalid' },
    { code: 'token_invalid' },
    { code: 'token_missing' },
  ]);
  const metrics = await (await fetch(`${gateway.operationsUrl}/metrics`)).text();
  t.match(metrics, 'lienthong_operator_refusals_total{code="token_invalid"} 2');
  t.match(metrics, 'lienthong_operator_refusals_total{code="token_missing"} 1');
  for (const token of [an.token, binh.token, OPERATOR_TOKEN]) {
    t.notOk(gateway.log.some((line) => line.includes(token)));
  }

  const [next, withdrawn] = [await operator(t, 'nguyen.van.an'), an.token];
  await list(next.entry);
  t.equal(await ask(withdrawn), 401, 'out with the next request');
  t.equal(await ask(next.token), 200, 'and the new one in');

  await writeFile(file, 'operators: nobody');
  t.equal(await ask(next.token), 401, 'a broken list lets nobody in by it');
  t.equal(await ask(next.token), 401);
  t.equal(await ask(OPERATOR_TOKEN), 200);
  await rm(file);
  t.equal(await ask(next.token), 401);
  const broken = lines(gateway, 'nobody is let in by the list of operators: it is broken');
  t.match(broken, [
    { level: 'error', variable: 'OPERATORS_FILE', reason: /^line 1: \/operators must be array/ },
  ]);
  t.equal(broken.length, 1, 'said once, not with each request');
  await list(next.entry);
  t.equal(await ask(next.token), 200);
});

t.test('refusals do not fill the log', async (t) => {
  const gateway = await startTestGateway(t, { variables: { OPERATOR_TOKEN } });
  for (let i = 0; i < 50; i += 1) {
    await fetch(`${gateway.operationsUrl}/admin/x`, { headers: { authorization: 'Bearer x' } });
  }
  const refused = lines(gateway, 'an operator’s request was refused').length;
  t.ok(refused >= 20 && refused <= 40, `${refused} lines: twenty a minute, and a minute may end`);
  const metrics = await (await fetch(`${gateway.operationsUrl}/metrics`)).text();
  t.match(metrics, 'lienthong_operator_refusals_total{code="token_invalid"} 50');
});

t.test('each swap of the catalogue is evidence, before it takes effect', async (t) => {
  const setting = await layOut(t, { variables: { OPERATOR_TOKEN } });
  const file = join(setting.variables.CONTRACTS_DIR!, 'agreements', 'G12-thue-tax.yaml');
  const agreement = await readFile(file, 'utf8');
  let gateway = await startTestGateway(t, { setting });
  const reload = async (more = '') =>
    (
      await askOperators<{ outcome?: string; catalogue: string; status?: number }>(
        gateway,
        'POST',
        `catalogue/reload${more}`,
      )
    ).body;
  const [first] = await swaps(gateway);
  t.match(first?.parsed, { before: null, after: /^[0-9a-f]{64}$/, cause: 'start' });

  await reload('?dryRun=true');
  t.equal((await reload()).outcome, 'unchanged');
  t.equal((await swaps(gateway)).length, 1, 'a question leaves none');

  // The watch may be quicker than the operator; either way it is one swap.
  await writeFile(file, agreement.replace('validUntil: 2028-12-31', 'validUntil: 2026-01-31'));
  await reload();
  await until(async () => (await swaps(gateway)).length === 2);
  const [, second] = await swaps(gateway);
  t.match(second?.parsed, {
    before: first!.parsed.after,
    cause: /^(admin|file)$/,
    ends: [{ agreement: 'TT-2026-G12-01', reason: 'ended' }],
  });
  const { operator, cause, requestId } = second!.parsed;
  t.equal(operator, cause === 'admin' ? 'operator' : undefined);
  t.match(lines(gateway, 'the catalogue was swapped'), [{ trigger: cause, evidence: second!.id }]);
  if (cause === 'admin') {
    const asked = lines(gateway, 'an operator’s request').map((line) => line.requestId);
    t.ok(asked.includes(requestId), 'log and evidence can be joined');
  }
  const [entry] = await gateway.query<{ salt: Buffer; response_digest: Buffer; reason: string }>(
    `SELECT * FROM evidence WHERE kind = 'catalogue' AND id = $1`,
    [second!.id],
  );
  t.equal(entry?.reason, cause);
  t.same(
    createHash('sha256').update(entry!.salt).update(second!.document).digest(),
    entry!.response_digest,
    'the entry holds the document',
  );

  const blocker = new pg.Client(gateway.databaseUrl);
  await blocker.connect();
  t.teardown(() => blocker.end());
  await blocker.query('BEGIN; LOCK TABLE evidence IN ACCESS EXCLUSIVE MODE');
  await writeFile(file, agreement);
  t.match(await reload(), { status: 503 }, 'what cannot be recorded is not swapped');
  t.equal((await swaps(gateway)).length, 2);
  await blocker.query('ROLLBACK');
  await reload();
  await until(async () => (await swaps(gateway)).length === 3);

  await gateway.close();
  gateway = await startTestGateway(t, { setting });
  t.equal((await swaps(gateway)).length, 3, 'a start with the same catalogue leaves none');
  await gateway.close();
  await writeFile(file, `${agreement}\n# changed while no gateway ran\n`);
  gateway = await startTestGateway(t, { setting });
  const last = (await swaps(gateway)).at(-1);
  t.match(last?.parsed, { cause: 'start', before: first!.parsed.after });
  for (const statement of [
    'UPDATE catalogue_swap SET digest = digest',
    'DELETE FROM catalogue_swap',
    'TRUNCATE catalogue_swap',
  ]) {
    await t.rejects(gateway.query(statement), /append-only|permission denied/, statement);
  }
});

t.test('a start whose catalogue cannot be recorded waits, and says why it ends', async (t) => {
  const setting = await layOut(t);
  await (await startTestGateway(t, { setting })).close();
  const file = join(setting.variables.CONTRACTS_DIR!, 'agreements', 'G12-thue-tax.yaml');
  await writeFile(file, `${await readFile(file, 'utf8')}\n# changed while no gateway ran\n`);
  const blocker = new pg.Client(setting.databaseUrl);
  await blocker.connect();
  t.teardown(() => blocker.end());
  // A lock of `evidence` itself would also hold the daily deletion, for which the end of a start waits a minute.
  await blocker.query('BEGIN; LOCK TABLE catalogue_swap IN EXCLUSIVE MODE');
  const heldUp = async () => {
    const { rows } = await blocker.query<{ pid: number }>('SELECT pid FROM pg_locks WHERE NOT granted');
    return rows.map(({ pid }) => pid);
  };

  const impatient = startTestGateway(t, { setting, variables: { DATABASE_WAIT_SECONDS: '0' } });
  await t.rejects(impatient, {
    name: 'ConfigError',
    problems: [{ variable: 'DATABASE_URL', reason: /^the catalogue cannot be recorded in evidence: / }],
  });
  const left = await heldUp();
  const started = startTestGateway(t, { setting, variables: { DATABASE_WAIT_SECONDS: '600' } });
  // It tries a second time, on another connection: the first time has failed.
  const tries = new Set<number>();
  await until(async () => {
    for (const pid of await heldUp()) if (!left.includes(pid)) tries.add(pid);
    return tries.size > 1;
  });
  await blocker.query('ROLLBACK');
  const gateway = await started;
  t.match(lines(gateway, 'waiting for PostgreSQL'), [{ reason: /^the catalogue cannot be recorded/ }]);
  t.equal((await swaps(gateway)).length, 2, 'recorded once');
});

t.test('a list of operators that is wrong says where', async (t) => {
  const sha = 'a'.repeat(64);
  for (const [text, message] of [
    ['', /^line 1: .*empty/],
    ['- an', /^line 1: must be object/],
    ['operators: [{ name: an, tokenSha256: x }]', /^line 1: \/operators\/0\/tokenSha256 /],
    [
      `operators:\n  - name: an\n    tokenSha256: ${sha}\n    token: secret`,
      /^line 4: \/operators\/0\/token /,
    ],
    [`operators:\n  - name: operator\n    tokenSha256: ${sha}`, /^line 2: \/operators\/0\/name /],
    [
      `operators:\n  - name: an\n    tokenSha256: ${sha}\n  - name: binh\n    tokenSha256: ${sha}`,
      /^line 5: binh has the token of an$/,
    ],
    [`operators:\n  - name: an\n    tokenSha256: ${sha}\n    validUntil: 31-12-2026`, /^line 4: /],
    ['operators: [', /^line 1/],
  ] as const) {
    t.throws(() => parseOperators(text), message);
  }
  const { code, output } = await lienthong(t, ['operators', 'token', 'Nguyễn Văn An']);
  t.not(code, 0);
  t.match(output, /^lienthong operators: no entry of OPERATORS_FILE: .*\/operators\/0\/name/);
});
