/** Keys that change while calls go on: those of a system, and the gateway's own, which may be the operator's. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { calculateJwkThumbprint, decodeProtectedHeader } from 'jose';
import t from 'tap';
import { samples } from '../../../deploy/sandbox/registries/samples.ts';
import { createClient, generateKey } from '../../../gateway/client/client.ts';
import { readConfig } from '../../../gateway/config/config.ts';
import { startTestGateway } from '../../support/gateway.ts';
import { layOut, type SettingOptions } from '../../support/setting.ts';
import { until } from '../../support/until.ts';

const enterpriseCode = samples().enterprises.present[0]!;
const SYSTEM = 'K01.xoay';
const options: SettingOptions = {
  variables: { CATALOGUE_POLL_SECONDS: '3600' },
  agreements: [
    {
      agreement: 'TT-XOAY',
      consumer: SYSTEM,
      services: [{ service: 'business.enterprise.lookup@1', revision: 1, fields: ['/name'] }],
    },
  ],
};
const setting = await layOut(t, options);
// The one at PUBLIC_URL.
const { PORT = '' } = setting.variables;

t.test('a system changes its key by reloads, and no call of it fails', async (t) => {
  const gateway = await startTestGateway(t, { setting, variables: { PORT } });
  const file = join(setting.variables.CONTRACTS_DIR!, 'agencies', 'K01-test.yaml');
  const agency = JSON.parse(await readFile(file, 'utf8'));
  const publish = async (...keys: object[]) => {
    const systems = [{ ...agency.systems[0], jwks: { keys } }];
    await writeFile(file, JSON.stringify({ ...agency, systems }));
    t.match(await gateway.reload(), { outcome: /^(swapped|unchanged)$/ });
  };
  const [old, fresh] = [await generateKey(), await generateKey()];
  await publish(old.publicJwk);

  let privateJwk = old.privateJwk;
  let changing = true;
  const failures: string[] = [];
  let answered = 0;
  const callers = Array.from({ length: 8 }, async () => {
    while (changing) {
      // A new token for a few calls, by whatever key the system signs with at the moment.
      const client = createClient({ issuer: gateway.publicUrl, clientId: SYSTEM, privateJwk });
      for (let again = 0; again < 3; again++) {
        const status = await client
          .token()
          .then(async (token) => {
            const headers = { authorization: `Bearer ${token}` };
            return (await gateway.call(SYSTEM, 'business.enterprise.lookup', { enterpriseCode }, headers))
              .status;
          })
          .catch((error: Error) => error.message);
        if (status === 200) answered++;
        else failures.push(String(status));
      }
    }
  });
  const settle = () => {
    const enough = answered + 60;
    return until(async () => answered >= enough || failures.length > 0);
  };
  await settle();
  await publish(old.publicJwk, fresh.publicJwk);
  await settle();
  privateJwk = fresh.privateJwk;
  await settle();
  // Tokens that were got by the old key outlive it: whoever must stop them revokes the key.
  await publish(fresh.publicJwk);
  await settle();
  changing = false;
  await Promise.all(callers);
  t.same(failures, []);
  const keys = await gateway.query<{ key_thumbprint: string }>(
    'SELECT DISTINCT key_thumbprint FROM evidence_entry WHERE system = $1',
    [SYSTEM],
  );
  t.same(
    keys.map(({ key_thumbprint }) => key_thumbprint).sort(),
    [old.publicJwk.kid, fresh.publicJwk.kid].sort(),
    'the evidence names the key behind each call',
  );
  const last = createClient({ issuer: gateway.publicUrl, clientId: SYSTEM, privateJwk: old.privateJwk });
  await t.rejects(last.token(), { code: 'invalid_client' }, 'the old key is out');
});

t.test("the operator's own signing key, from the environment or a file", async (t) => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const file = join(t.testdir(), 'signing.pem');
  await writeFile(file, pem);
  const forms: Record<string, Record<string, string>> = {
    PEM: { SIGNING_KEY: pem },
    base64: { SIGNING_KEY: privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64') },
    file: { SIGNING_KEY_FILE: file },
  };
  for (const [name, variables] of Object.entries(forms)) {
    const { signingKey } = readConfig({ ...setting.variables, ...variables });
    t.ok(signingKey?.equals(privateKey), name);
  }
  const kid = await calculateJwkThumbprint(privateKey.export({ format: 'jwk' }));
  // On a database of its own: no other key has signed there.
  const own = await layOut(t, options);
  const gateway = await startTestGateway(t, {
    setting: own,
    variables: { PORT: own.variables.PORT!, SIGNING_KEY_FILE: file },
  });
  t.equal(decodeProtectedHeader(await gateway.token(SYSTEM)).kid, kid);
  const { text } = await gateway.send('/oauth2/jwks');
  t.match(JSON.parse(text), { keys: [{ kid, alg: 'ES256', use: 'sig' }] });
  t.notMatch(text, /"d"/, 'its private part nowhere');
  const answer = await gateway.call(SYSTEM, 'business.enterprise.lookup', { enterpriseCode });
  t.equal(answer.status, 200);
});

t.test('a signing key that cannot be one stops the start, without a word of it', (t) => {
  const pkcs8 = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }).toString();
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const encrypted = ec.privateKey.export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: 'x',
  });
  const cases: Record<string, string> = {
    'P-384': pkcs8(generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey),
    secp256k1: pkcs8(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey),
    Ed25519: pkcs8(generateKeyPairSync('ed25519').privateKey),
    RSA: pkcs8(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey),
    'a public key': ec.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    encrypted: encrypted.toString(),
    'half of it': pkcs8(ec.privateKey).slice(0, 120),
    'no key': Buffer.from('secret '.repeat(20)).toString('base64'),
  };
  for (const [name, text] of Object.entries(cases)) {
    try {
      readConfig({ ...setting.variables, SIGNING_KEY: text });
      t.fail(`${name} was taken`);
    } catch (error) {
      const { message } = error as Error;
      t.match(message, /SIGNING_KEY: must be a private key for P-256/, name);
      t.notOk(message.includes(text.slice(30, 60)), `${name}: not in the message`);
    }
  }
  t.end();
});
