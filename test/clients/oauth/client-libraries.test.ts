/** docs/client-libraries.md: each example, as it stands there, gets two tokens of a running gateway, which let it in. */
import { createPrivateKey } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import t, { type Test } from 'tap';
import { hasTool } from '../../acceptance/support/tools.ts';
import { blocksOf } from '../../docs/support/markdown.ts';
import { startTestGateway } from '../../support/gateway.ts';
import { run } from '../run.ts';
import { goModule, oauthClassPath, oauthGo, pythonLibraries } from './tools.ts';

// Libraries that are not there yet are fetched.
t.setTimeout(600_000);

const SYSTEM = 'H26.motcua';
const gateway = await startTestGateway(t);
const directory = t.testdir();
const blocks = await blocksOf('docs/client-libraries.md');
const jwk = await gateway.privateKey(SYSTEM);
const jwkFile = join(directory, 'key.jwk.json');
const pemFile = join(directory, 'key.pem');
await writeFile(jwkFile, JSON.stringify(jwk), { mode: 0o600 });
const key = createPrivateKey({ key: jwk as object, format: 'jwk' });
await writeFile(pemFile, key.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });

const common = { GATEWAY: gateway.publicUrl, SYSTEM };
const withPem = { ...common, KEY_FILE: pemFile, KEY_ID: String(jwk.kid) };
const withJwk = { ...common, KEY_FILE: jwkFile };

/** Writes an example into a file. @returns its path */
async function example(word: string, file: string): Promise<string> {
  const block = blocks.find(({ words }) => words[0] === word);
  if (!block) throw new Error(`the page has no example ${word}`);
  await writeFile(file, block.text);
  return file;
}

async function check(t: Test, output: string): Promise<void> {
  const tokens = output.trim().split('\n');
  t.equal(tokens.length, 2, output);
  for (const token of tokens) {
    t.match(decodeJwt(token), { iss: gateway.publicUrl, client_id: SYSTEM });
    const { status } = await gateway.send('/v1/catalog/services', {
      headers: { authorization: `Bearer ${token}` },
    });
    t.equal(status, 200);
  }
  t.not(tokens[0], tokens[1], 'each by an assertion of its own');
}

t.test('Python: Authlib', async (t) => {
  if (!hasTool(t, 'python3', 'python3-venv')) return;
  const file = await example('authlib', join(directory, 'get_token.py'));
  await check(t, await run(await pythonLibraries(), [file], { env: withPem }));
});

for (const [name, word, file] of [
  ['Nimbus', 'nimbus', 'NimbusToken.java'],
  ['Spring Security', 'spring', 'SpringToken.java'],
] as const) {
  t.test(`Java: ${name}`, async (t) => {
    if (!hasTool(t, 'javac', 'openjdk-17-jdk-headless') || !hasTool(t, 'mvn', 'maven')) return;
    const classPath = await oauthClassPath();
    const source = await example(word, join(directory, file));
    await check(t, await run('java', ['-cp', classPath, source], { cwd: directory, env: withJwk }));
  });
}

t.test('Go: golang.org/x/oauth2', async (t) => {
  if (!hasTool(t, 'go', 'golang-go, 1.25 or newer')) return;
  const env = await oauthGo();
  const folder = join(directory, 'go');
  await goModule(folder);
  await example('x-oauth2', join(folder, 'main.go'));
  await check(t, await run('go', ['run', '.'], { cwd: folder, env: { ...env, ...withPem } }));
});

t.test('Shell: openssl and curl', async (t) => {
  if (!hasTool(t, 'openssl', 'openssl') || !hasTool(t, 'curl', 'curl')) return;
  const script = await example('openssl', join(directory, 'token.sh'));
  // A signature's numbers are shorter than 32 bytes now and then: once in 128 tokens.
  await check(t, await run('sh', [script], { cwd: directory, env: withPem }));
});

t.test('the defaults that the page names are refused, as it says', async (t) => {
  const source = blocks.find(({ words }) => words[0] === 'openssl')!.text;
  for (const [name, from, to] of [
    ['the token endpoint as audience', '"$GATEWAY" "$(openssl', '"$GATEWAY/oauth2/token" "$(openssl'],
    ['five minutes', 'now + 60', 'now + 300'],
    ['another algorithm', '"alg":"ES256"', '"alg":"RS256"'],
    ['one jti for all', '"$(openssl rand -hex 16)"', 'the-same'],
  ] as const) {
    const file = join(directory, 'wrong.sh');
    const wrong = source.replace(from, to).replace(/ \| sed -n .*$/m, '');
    t.not(wrong, source, name);
    await writeFile(file, wrong);
    const output = await run('sh', [file], { env: withPem });
    t.match(output, /"error":"invalid_client"/, name);
  }
});
