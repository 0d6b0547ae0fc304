/** What every command has in common: how it is asked for help, what it says when it cannot, its exit status. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { once } from 'node:events';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { freePort } from '../../../deploy/sandbox/free-port.ts';
import { commandNames } from '../../../gateway/cli.ts';
import { exitStatus } from '../../../gateway/commands/command.ts';
import { readDocument } from '../../docs/support/markdown.ts';
import { startTestGateway } from '../../support/gateway.ts';

// Some hundred processes: they take as long as the machine takes.
t.setTimeout(600_000);

const script = fileURLToPath(new URL('../../../gateway/lienthong.js', import.meta.url));
const directory = t.testdir();
const gateway = await startTestGateway(t);
const key = join(directory, 'H26.motcua.jwk.json');
await writeFile(key, JSON.stringify(await gateway.privateKey('H26.motcua')));
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
  [['sandbox', '--land-port', '70000'], 2, /--land-port must be a whole number from 0 to 65535/],
  [['verify-response', '--jwks', `${nobody}/jwks`, '--response', key], 3, /no gateway answers/],
  [['verify-response', '--jwks', `${gateway.publicUrl}/none`, '--response', key], 1, /HTTP 404/],
  [['kafka', 'acls'], 2, /DATABASE_URL/],
  [lookup('{}'), 2, /name the calling system/],
  [lookup('[1]', ...here), 2, /must be a JSON object/],
  [lookup('{"personalId":\n  "x",}', ...here), 2, /^lienthong call: argument:2:7: this is not JSON/],
  [lookup('-', ...here), 2, /^lienthong call: stdin:1:1: this is not JSON/],
];

t.test('what goes wrong is one line, and a status of its kind', async (t) => {
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

t.test('what answers and is no gateway', async (t) => {
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

t.test('whoever reads no more ends a command quietly', async (t) => {
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
