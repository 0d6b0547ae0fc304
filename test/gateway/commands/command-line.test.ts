/** The common behaviour of all commands: help, error messages, exit statuses. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { once } from 'node:events';
import { open, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { freePort } from '../../../deploy/sandbox/processes/free-port.ts';
import { commandNames } from '../../../gateway/cli.ts';
import { exitStatus } from '../../../gateway/commands/terminal/command.ts';
import { readDocument } from '../../docs/support/markdown.ts';
import { startTestGateway } from '../../support/gateway.ts';

// Some hundred processes: they take as long as the machine takes.
t.setTimeout(600_000);

const script = fileURLToPath(new URL('../../../gateway/lienthong.js', import.meta.url));
const directory = t.testdir();
const gateway = await startTestGateway(t);
const key = join(directory, 'H26.motcua.jwk.json');
await writeFile(key, JSON.stringify(await gateway.privateKey('H26.motcua')));
const nameless = join(directory, 'nameless.jwk.json');
const { kid: _, ...withoutKid } = JSON.parse(await readFile(key, 'utf8'));
await writeFile(nameless, JSON.stringify(withoutKid));
const nobody = `http://127.0.0.1:${await freePort()}`;

interface Ended {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

function begin(args: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
  return spawn(process.execPath, [script, ...args], { env: { PATH: process.env.PATH, ...env } });
}

/** Two processes at a time: most of what they do is to start. */
async function forEach<T>(items: Iterable<T>, work: (item: T) => Promise<void>): Promise<void> {
  const left = items[Symbol.iterator]();
  const workOn = async () => {
    for (let next = left.next(); !next.done; next = left.next()) await work(next.value);
  };
  await Promise.all([workOn(), workOn()]);
}

async function run(
  args: readonly string[],
  input = '',
  env?: Readonly<Record<string, string>>,
): Promise<Ended> {
  const child = begin(args, env);
  // A command that reads no input may have ended before it comes.
  child.stdin!.on('error', () => {}).end(input);
  const [[status], out, err] = await Promise.all([
    once(child, 'close'),
    text(child.stdout!),
    text(child.stderr!),
  ]);
  return { status: status as number | null, out, err };
}

t.test('the page lists every command and every exit status', async (t) => {
  const page = await readDocument('docs/command-line.md');
  const first = (heading: RegExp) =>
    [
      ...page
        .split(heading)[1]!
        .split('\n## ')[0]!
        .matchAll(/^\| `?([\w-]+)`? \|/gm),
    ].map(([, cell]) => cell!);
  t.same(
    first(/^# The command line$/m)
      .filter((name) => name !== 'command')
      .sort(),
    [...commandNames].sort(),
  );
  t.same(
    first(/^## Exit status$/m)
      .filter((name) => name !== 'status')
      .map(Number),
    Object.values(exitStatus),
  );
});

t.test('every command says what it takes, and takes no option that it does not know', async (t) => {
  await forEach(commandNames, async (name) => {
    const help = await run([name, '--help']);
    t.match(help, { status: 0, out: new RegExp(`^.+\n\nUsage: lienthong ${name}`), err: '' }, name);
    const verb = { keys: ['generate'], changes: ['tail'], kafka: ['acls'] }[name] ?? [];
    const wrong = await run([name, ...verb, '--nonsense-of-mine']);
    t.match(
      wrong,
      { status: 2, out: '', err: /^lienthong [\w-]+: there is no option --nonsense-of-mine\n$/ },
      name,
    );
  });
  const { version } = JSON.parse(await readFile(new URL('../../../package.json', import.meta.url), 'utf8'));
  t.strictSame(await run(['--version']), { status: 0, out: `${version}\n`, err: '' });
  for (const args of [[], ['--help'], ['help']]) t.match(await run(args), { status: 0, out: /^Usage: / });
});

const motcua = ['--system', 'H26.motcua', '--key', key];
const here = [...motcua, '--url', gateway.publicUrl];
const lookup = (request: string, ...options: string[]) => [
  ...['call', 'population.person.lookup', request, ...options],
];

const search = (request: string) => ['call', 'business.enterprise.search', request, ...here];
const boundary = (parcelNumber: string) => {
  const request = { communeCode: '00004', mapSheet: '1', parcelNumber };
  return ['call', 'land.parcel.boundary', JSON.stringify(request), ...here];
};
const explained = (at: string) => [
  ...['explain', '--system', 'G12.thue', '--service', 'business.enterprise.lookup', '--at', at],
];

/** Args, exit status, and all that is said on standard error. */
const failures: readonly (readonly [args: readonly string[], status: number, err: RegExp])[] = [
  [['tokn'], 2, /^lienthong: there is no command "tokn"; is token meant\?/],
  [['token', '--sytem', 'x'], 2, /there is no option --sytem; is --system meant\?$/],
  [['token', '--system'], 2, /'--system <value>' argument missing$/],
  [['token', 'x', ...here], 2, /"x" is one argument too many$/],
  [['token'], 2, /name the calling system/],
  [['token', ...motcua, '--url', '127.0.0.1:8080'], 2, /--url must be an address/],
  [['token', ...motcua, '--url', 'http://'], 2, /--url must be an address/],
  [['token', ...motcua, '--url', 'ftp://127.0.0.1'], 2, /--url must be an address/],
  [['token', ...motcua, '--url', nobody], 3, /no gateway answers at http/],
  [['token', ...here, '--scope', 'land.nothing'], 1, /invalid_scope/],
  [['token', ...here, '--for', 'x'], 2, /--for takes a method and an address/],
  [['token', '--system', 'H26.motcua', '--key', join(directory, 'none')], 2, /there is no such file/],
  [['changes', 'tial'], 2, /there is no "tial"; is tail meant\? \(tail, replay, dead-letters\)$/],
  [['changes', 'tail', ...here], 2, /name the registry/],
  [['changes', 'tail', '--registry', 'business', '--once', ...here], 1, /HTTP 403: .*no_agreement/],
  [['changes', 'dead-letters', '--url', 'x'], 2, /OPERATOR_TOKEN/],
  [['keys', 'generate'], 2, /name the file/],
  [['keys', 'generate', '--out', key], 2, /exists already$/],
  [['check', '--contracts', join(directory, 'none')], 1, /cannot be read\n1 error\(s\)$/],
  [['diff', directory], 2, /name two directories/],
  [['explain', '--system', 'H26.motcua'], 2, /name the service/],
  [['explain', '--system', 'x', '--service', 'y'], 2, /there is no system x/],
  ...['2026-02-31', '05/12/2026', '2026-12-05T09:00:00', '2026-12-05 09:00:00+07:00', '5'].map(
    (at) => [explained(at), 2, /--at is a day or an RFC 3339 time/] as const,
  ),
  [['keys', 'generate', 'x', '--out', join(directory, 'unwritten')], 2, /"x" is one argument too many$/],
  [['sandbox', 'samples', 'x'], 2, /"x" is one argument too many$/],
  [['kafka', 'acls', 'x'], 2, /"x" is one argument too many$/],
  [['sandbox', '--land-port', '70000'], 2, /--land-port must be a whole number from 0 to 65535/],
  [['verify-response', '--jwks', `${nobody}/jwks`, '--response', key], 3, /no gateway answers/],
  [['verify-response', '--jwks', `${gateway.publicUrl}/none`, '--response', key], 1, /HTTP 404/],
  [['kafka', 'acls'], 2, /DATABASE_URL/],
  [lookup('{}'), 2, /name the calling system/],
  [lookup('[1]', ...here), 2, /must be a JSON object/],
  [lookup('{"personalId":\n  "x",}', ...here), 2, /^lienthong call: argument:2:7: this is not JSON/],
  [lookup('{}', 'x', ...here), 2, /"x" is one argument too many$/],
  [
    lookup('{"personalId":"x","personalId":"y"}', ...here),
    2,
    /^lienthong call: argument: a member name occurs twice/,
  ],
  // What stands in an address has a text of its own there.
  [search('{"name":null}'), 2, /name stands in the address: it must be a text/],
  [search('{"name":["a","b"]}'), 2, /name stands in the address: it must be a text/],
  [search('{"name":{"a":1}}'), 2, /name stands in the address: it must be a text/],
  ...['', '.', '..'].map(
    (parcelNumber) => [boundary(parcelNumber), 2, /parcelNumber cannot be empty/] as const,
  ),
  [lookup('-', ...here), 2, /^lienthong call: stdin:1:1: this is not JSON/],
  // What becomes a header field, before anything is asked.
  [lookup('{}', ...here, '--case', 'Hà Nội 1'), 2, /--case must be 1 to 40 characters of ASCII/],
  [lookup('{}', ...here, '--case', 'a\nb'), 2, /--case must be 1 to 40 characters of ASCII/],
  [lookup('{}', ...here, '--purpose', 'dịch-vụ'), 2, /--purpose must be 1 to 64 lower-case letters/],
  [lookup('{}', ...here, '--officer', 'Đ1'), 2, /--officer must be 1 to 20 characters of ASCII/],
  [lookup('{}', ...here, '--idempotency-key', 'đ'), 2, /--idempotency-key must be one string or token/],
  [lookup('{}', ...here, '--language', 'tiếng Việt'), 2, /--language must be a language, such as vi or en$/],
  [lookup('{}', ...here, '--key', nameless, '--sign'), 2, /--sign needs a key with a "kid" of ASCII/],
  [['changes', 'tail', '--registry', 'business', ...here, '--case', 'đ'], 2, /--case must be 1 to 40/],
];

t.test('a failure is one line, and a status of its kind', async (t) => {
  await forEach(failures, async ([args, status, err]) => {
    const ended = await run(args);
    t.match(ended, { status, out: '' }, args.join(' '));
    t.match(ended.err.trimEnd(), err, args.join(' '));
    t.notMatch(ended.err, /^ {4}at /m, 'no stack');
    if (!args.includes('check')) t.equal(ended.err.split('\n').length, 2, 'one line');
  });
});

t.test('with --stack the line is followed by where it failed', async (t) => {
  t.match((await run(['token', '--stack'])).err, /^lienthong token: name .*\n[\s\S]*^ {4}at /m);
});

t.test('JSON in a file or on standard input: by its place, and never quoted', async (t) => {
  const file = join(directory, 'request.json');
  const purpose = ['--purpose', 'dich-vu-cong', '--case', 'HS-1', '--officer', 'CB1', ...here];
  const request = JSON.stringify({ personalId: '001093824428' });
  await writeFile(file, request);
  for (const [argument, input] of [
    [`@${file}`, ''],
    ['-', request],
    [request, ''],
  ] as const) {
    const answer = await run(lookup(argument, ...purpose), input);
    t.match(answer, { status: 0, err: 'HTTP 200\n' });
    t.equal(JSON.parse(answer.out).data.personalId, '001093824428');
  }
  await writeFile(file, '{\n  "personalId": "001093824428"\n  "fullName": "x"\n}');
  const broken = await run(lookup(`@${file}`, ...purpose));
  t.strictSame(broken, {
    ...{ status: 2, out: '' },
    err: `lienthong call: ${file}:3:3: this is not JSON (comma expected)\n`,
  });
  await writeFile(file, '{"kty":"EC",}');
  t.match(await run(['token', '--system', 'x', '--key', file]), {
    status: 2,
    err: /request\.json:1:13: this is not JSON/,
  });
  await writeFile(file, '{"kty":"EC"}');
  t.match(await run(['token', '--system', 'x', '--key', file]), { status: 2, err: /is not a private JWK/ });
  t.match(await run(lookup('{}', ...purpose)), { status: 1, out: /contract_violation/, err: 'HTTP 400\n' });
});

t.test('files of Windows: UTF-8 with a byte order mark is read, UTF-16 is named', async (t) => {
  const file = join(directory, 'windows.json');
  const options = ['--purpose', 'dich-vu-cong', '--case', 'HS-1', '--officer', 'CB1'];
  const request = JSON.stringify({ personalId: '001093824428' });
  const marked = `\ufeff${request}`;
  await writeFile(file, marked);
  t.match(await run(lookup(`@${file}`, ...options, ...here)), { status: 0, err: 'HTTP 200\n' });
  t.match(await run(lookup('-', ...options, ...here), marked), { status: 0, err: 'HTTP 200\n' });
  const markedKey = join(directory, 'marked.jwk.json');
  await writeFile(markedKey, `\ufeff${await readFile(key, 'utf8')}`);
  const token = ['token', '--system', 'H26.motcua', '--url', gateway.publicUrl];
  t.match(await run([...token, '--key', markedKey]), { status: 0, err: '' });
  for (const [text, why] of [
    [Buffer.from(marked, 'utf16le'), /windows\.json is UTF-16: save it as UTF-8\n$/],
    [Buffer.from(request, 'utf16le'), /is UTF-16/],
    [Buffer.from(marked, 'utf16le').swap16(), /is UTF-16/],
    [Buffer.from('{"fullName": "Đào"}', 'latin1'), /is not UTF-8: save it as UTF-8\n$/],
  ] as const) {
    await writeFile(file, text);
    t.match(await run(lookup(`@${file}`, ...here)), { status: 2, out: '', err: why });
  }
  t.match(await run([...token, '--key', file]), { status: 2, err: /not JSON/ });
  await writeFile(file, Buffer.from(marked, 'utf16le'));
  for (const args of [
    [...token, '--key', file],
    ['verify-response', '--jwks', file, '--response', file],
    ['verify-delivery', '--jwks', file, '--request', file],
  ]) {
    t.match(await run(args), { status: 2, out: '', err: /is UTF-16: save it as UTF-8/ }, args.join(' '));
  }
});

t.test('a variable whose file is not there, is a directory or says nonsense is named', async (t) => {
  const kafka = ['kafka', 'acls'];
  const replays = ['changes', 'dead-letters'];
  for (const [args, env, why] of [
    [kafka, { DATABASE_URL_FILE: join(directory, 'none') }, /DATABASE_URL: DATABASE_URL_FILE .*\(ENOENT\)$/],
    [kafka, { DATABASE_URL_FILE: directory }, /DATABASE_URL_FILE cannot be read \(EISDIR\)$/],
    [kafka, { DATABASE_URL_FILE: `${key}/x` }, /DATABASE_URL_FILE cannot be read \(ENOTDIR\)$/],
    [kafka, { DATABASE_URL: 'nonsense' }, /DATABASE_URL: must be postgres:/],
    [kafka, { DATABASE_URL: 'postgres://a@b/c?sslrootcert=/none' }, /DATABASE_URL: a file that it names/],
    [replays, { OPERATOR_TOKEN_FILE: join(directory, 'none') }, /OPERATOR_TOKEN_FILE .*\(ENOENT\)$/],
    [replays, { OPERATOR_TOKEN_FILE: directory }, /OPERATOR_TOKEN_FILE cannot be read \(EISDIR\)$/],
    [replays, { OPERATOR_TOKEN: 'mật khẩu' }, /OPERATOR_TOKEN: must be at least 32 characters of ASCII/],
  ] as const) {
    const { status, out, err } = await run(args, '', env);
    t.match({ status, out }, { status: 2, out: '' }, err);
    t.match(err.trimEnd(), why);
  }
});

t.test('no room for the output is one line, and a status of its own', async (t) => {
  const full = await open('/dev/full', 'w');
  t.teardown(() => full.close());
  for (const args of [['sandbox', 'samples'], ['token', ...here], ['--version']]) {
    const stdio = ['ignore', full.fd, 'pipe'] as const;
    const child = spawn(process.execPath, [script, ...args], { stdio: [...stdio] });
    const [[status], err] = await Promise.all([once(child, 'close'), text(child.stderr!)]);
    t.strictSame([status, err], [74, 'lienthong: its output cannot be written (ENOSPC)\n'], args.join(' '));
  }
  const request = JSON.stringify({ personalId: '001093824428' });
  const unsaved = await run(
    lookup(request, ...here, '--purpose', 'dich-vu-cong', '--case', '1', '--officer', '1', '--save', key),
  );
  t.match(unsaved, {
    ...{ status: 74, out: /001093824428/ },
    err: /^HTTP 200\nlienthong call: the call was made and cannot be saved in .* \(EEXIST\)\n$/,
  });
});

t.test('a server that answers and is no gateway', async (t) => {
  const server = createServer((request, response) => {
    const [, status, body] = /\/(\d{3})\/(\w+)/.exec(request.url!)!;
    const text = { page: '<html>', object: '{}' }[body!] ?? body;
    response.writeHead(Number(status)).end(text);
  });
  t.teardown(() => server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const at = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  const operator = { OPERATOR_TOKEN: 'operator-token-of-the-test-0123456789' };
  const commands = [['token', ...motcua], lookup('{}', ...motcua), ['changes', 'dead-letters']];
  for (const answer of ['404/page', '200/page', '502/page', '200/null', '200/1', '200/object']) {
    for (const command of commands) {
      const url = `${at}/${answer}`;
      const ended = await run([...command, '--url', url], '', operator);
      const { status, out, err } = ended;
      const name = `${command[0]}, ${answer}`;
      t.strictSame({ status, out }, { status: 3, out: '' }, `${name}: ${err}`);
      t.match(
        err,
        /^lienthong (token|call|changes): http.*(no gateway is there|none is there|is not of this gateway)/,
        name,
      );
      t.equal(err.split('\n').length, 2, 'one line');
    }
  }
});

t.test('a reader that closes the pipe ends a command quietly', async (t) => {
  const samples = begin(['sandbox', 'samples']);
  const said = text(samples.stderr!);
  samples.stdout!.destroy();
  t.strictSame((await once(samples, 'exit'))[0], 141, 'nothing of it is read');
  t.equal(await said, '');

  const blind = begin(['tokn']);
  blind.stderr!.destroy();
  blind.stdout!.resume();
  t.equal((await once(blind, 'exit'))[0], 2, 'it had ended before');

  // A stream of changes, of which one line is wanted.
  const taxKey = join(directory, 'G12.thue.jwk.json');
  await writeFile(taxKey, JSON.stringify(await gateway.privateKey('G12.thue')));
  const publish = async (version: number) => {
    const data = { enterpriseCode: '0152186630', name: `Công ty ${version}` };
    const change = {
      ...{ entity: 'enterprise', subject: data.enterpriseCode, version, operation: 'updated', data },
      ...{ occurredAt: new Date().toISOString(), changedFields: ['/name'] },
    };
    const { status, text: answer } = await gateway.call('G12.dkkd', 'business.changes.publish', {
      changes: [change],
    });
    t.equal(status, 201, answer);
  };
  const tail = begin([
    ...['changes', 'tail', '--registry', 'business', '--system', 'G12.thue', '--key', taxKey],
    ...['--url', gateway.publicUrl, '--purpose', 'quan-ly-thue'],
  ]);
  const complaints = text(tail.stderr!);
  const ended = once(tail, 'exit');
  await publish(1);
  await once(tail.stdout!, 'data');
  tail.stdout!.destroy();
  await publish(2);
  t.equal((await ended)[0], 141);
  t.equal(await complaints, '');
});

t.test('keys generate: for its owner’s eyes, as JWK or as PEM', async (t) => {
  for (const [name, ...options] of [['key.jwk.json'], ['key.pem', '--pem']] as const) {
    const file = join(directory, name);
    const { status, out, err } = await run(['keys', 'generate', '--out', file, ...options]);
    t.match({ status, err }, { status: 0, err: '' });
    t.equal((await stat(file)).mode & 0o777, 0o600);
    const secret = await readFile(file, 'utf8');
    const privateKey = options.includes('--pem' as never)
      ? createPrivateKey(secret)
      : createPrivateKey({ key: JSON.parse(secret), format: 'jwk' });
    const [jwk] = JSON.parse(out).keys;
    const { x, y } = createPublicKey(privateKey).export({ format: 'jwk' });
    t.match(jwk, { kty: 'EC', alg: 'ES256', use: 'sig', kid: /^[\w-]{43}$/, x, y });
    t.notOk('d' in jwk, 'nothing private is printed');
  }
  const pem = await readFile(join(directory, 'key.pem'), 'utf8');
  t.equal(pem, createPrivateKey(pem).export({ type: 'pkcs8', format: 'pem' }), 'PKCS #8');
});
