/** `lienthong call --save` and `lienthong verify-response`, as an agency types them. */
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { samples } from '../../../deploy/sandbox/registries/samples.ts';
import { startTestGateway } from '../../support/gateway.ts';
import { startNode, startProcess } from '../../support/process.ts';

const script = fileURLToPath(new URL('../../../gateway/lienthong.js', import.meta.url));
const SIGNER = 'H31.ky';
const enterpriseCode = samples().enterprises.present[0]!;
const gateway = await startTestGateway(t, {
  agreements: [
    {
      agreement: 'TT-SIGNED',
      consumer: SIGNER,
      signatures: { requests: 'required', responses: 'always' },
      services: ['business.enterprise.lookup@1', 'population.person.verify@1'].map((service) => ({
        service,
        revision: 0,
        fields: [''],
      })),
    },
  ],
});
const directory = t.testdir();
const key = join(directory, 'key.jwk.json');
await writeFile(key, JSON.stringify(await gateway.privateKey(SIGNER)));

async function lienthong(t: Test, ...args: string[]): Promise<{ code: number | null; output: string }> {
  const child = startNode(t, [script, ...args]);
  const { code } = await child.ended;
  return { code, output: child.output };
}

const call = (t: Test, service: string, input: object, ...options: string[]) =>
  lienthong(
    t,
    ...['call', service, JSON.stringify(input), '--system', SIGNER, '--key', key],
    ...['--url', gateway.publicUrl, ...options],
  );

t.test('an unsigned call is refused as signature_missing; a signed call is answered', async (t) => {
  const input = { enterpriseCode };
  const unsigned = await call(t, 'business.enterprise.lookup', input);
  t.match(unsigned, { code: 1, output: /HTTP 401[\s\S]*signature_missing/ });
  t.match(await call(t, 'business.enterprise.lookup', input, '--sign'), { code: 0, output: /HTTP 200/ });
});

t.test('a saved answer is verified, a changed one is not', async (t) => {
  const person = {
    personalId: samples().persons.present[0]!,
    fullName: 'Nguyễn An',
    birthDate: '1990-01-01',
  };
  const saved = join(directory, 'saved');
  const options = ['--sign', '--accept-signature', '--save', saved];
  const { code } = await call(t, 'population.person.verify', person, ...options);
  t.equal(code, 0);
  const file = (name: string) => join(saved, name);
  t.equal((await stat(file('request.http'))).mode & 0o777, 0o600);
  t.notMatch(await readFile(file('request.http'), 'utf8'), /^authorization:|Bearer/im);

  const keys = join(directory, 'jwks.json');
  await writeFile(keys, (await gateway.send('/oauth2/jwks')).text);
  const check = (response: string, request?: string, jwks = keys) =>
    lienthong(
      t,
      ...['verify-response', '--jwks', jwks, '--response', response],
      ...(request === undefined ? [] : ['--request', request]),
    );
  const verified = await check(
    file('response.http'),
    file('request.http'),
    `${gateway.publicUrl}/oauth2/jwks`,
  );
  t.match(verified, { code: 0, output: /"verified": true/ });
  t.equal((await check(file('response.http'), file('request.http'))).code, 0, 'with the keys from a file');

  const refuses = async (reason: string, name: string, change: (text: string) => string) => {
    const changed = join(directory, 'changed.http');
    const text = await readFile(file(name), 'latin1');
    t.not(change(text), text);
    await writeFile(changed, change(text), 'latin1');
    const answer =
      name === 'response.http'
        ? await check(changed, file('request.http'))
        : await check(file('response.http'), changed);
    t.match(answer, { code: 1, output: new RegExp(`"verified": false,\\s+"reason": "${reason}"`) }, reason);
  };
  await refuses('content_digest', 'response.http', (text) => text.replace('"match":false', '"match":true'));
  await refuses('mismatch', 'response.http', (text) => text.replace('200', '201'));
  await refuses('malformed', 'response.http', (text) => text.replace(/^signature: .*\r\n/m, ''));
  await refuses('content_digest', 'request.http', (text) => text.replace('1990-01-01', '1990-01-02'));
  await refuses('mismatch', 'request.http', (text) => text.replace('/verify', '/lookup'));
  t.match(
    await check(file('response.http')),
    { code: 1, output: /"reason": "component"/ },
    'without the request',
  );

  t.match(await check(join(saved, 'none')), { code: 2, output: /cannot be read/ });
  t.match(await check(keys, file('request.http')), { code: 2, output: /not that of a response/ });
  t.match(await check(file('response.http'), undefined, key), { code: 2, output: /no key set/ });
  t.match(await lienthong(t, 'verify-response', '--jwks', keys), {
    code: 2,
    output: /name the saved response/,
  });
});

t.test('an answer that curl saved is verified', async (t) => {
  const response = join(directory, 'curl.http');
  const token = await gateway.token('G12.thue');
  const curl = startProcess(t, 'curl', [
    ...['-s', '-i', '-o', response, '-H', `authorization: Bearer ${token}`, '-H', 'x-purpose: quan-ly-thue'],
    ...['-H', 'accept-signature: mine=("@status" "content-digest" "x-request-id");created'],
    `${gateway.publicUrl}/v1/business/enterprises/${enterpriseCode}`,
  ]);
  t.equal((await curl.ended).code, 0, curl.output);
  const jwks = `${gateway.publicUrl}/oauth2/jwks`;
  const { code, output } = await lienthong(t, 'verify-response', '--jwks', jwks, '--response', response);
  t.equal(code, 0, output);
});
