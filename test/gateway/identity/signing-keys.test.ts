import { randomBytes } from 'node:crypto';
import { calculateJwkThumbprint } from 'jose';
import t from 'tap';
import { openSigningKeys } from '../../../gateway/identity/signing-keys.ts';
import type { Pool } from '../../../gateway/store/pool.ts';
import { deriveSecrets } from '../../../gateway/store/secrets.ts';
import { testClient } from './support/assertions.ts';
import { catalogOf, freshPool, NOW, presented, recordingLog, run } from './support/identity.ts';

const encryptionKey = deriveSecrets(Buffer.alloc(32, 7)).derive('signing-keys');

function open(pool: Pool, clock = { at: NOW }, key = encryptionKey) {
  return openSigningKeys({ pool, encryptionKey: key, now: () => clock.at, log: recordingLog() });
}

t.test('replicas that start together make one key', async (t) => {
  const pool = await freshPool(t);
  const replicas = await Promise.all(Array.from({ length: 6 }, () => open(pool)));
  const kids = new Set(replicas.map((keys) => keys.current().kid));
  t.equal(kids.size, 1);
  t.equal((await pool.query('SELECT 1 FROM signing_key')).rowCount, 1);
  t.ok(replicas.every((keys) => keys.usable));
});

t.test('only public members are published', async (t) => {
  const keys = await open(await freshPool(t));
  const [jwk] = keys.published().keys;
  t.same(Object.keys(jwk!).sort(), ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
  t.equal(jwk!.kid, await calculateJwkThumbprint(jwk!));
});

t.test('the private key is not in the database', async (t) => {
  const pool = await freshPool(t);
  await open(pool);
  const { rows } = await pool.query<{ private_key: Buffer }>('SELECT private_key FROM signing_key');
  t.notMatch(rows[0]!.private_key.toString('latin1'), /"d"|kty/);
});

t.test('another master key stops the start, and says why', async (t) => {
  const pool = await freshPool(t);
  await open(pool);
  await t.rejects(open(pool, { at: NOW }, randomBytes(32)), { message: /another MASTER_KEY/ });
});

t.test('a row that the gateway did not write, or under another kid, is not trusted', async (t) => {
  const pool = await freshPool(t);
  const keys = await open(pool);
  await pool.query("INSERT INTO signing_key SELECT 'planted', private_key, not_before FROM signing_key");
  await t.rejects(open(pool), { message: /signing key planted cannot be decrypted/ });
  t.equal(keys.find('planted'), undefined);
});

t.test('the newest key that has begun signs; ended keys verify nothing', async (t) => {
  const pool = await freshPool(t);
  const clock = { at: NOW };
  const first = (await open(pool, clock)).current().kid;
  await pool.query('UPDATE signing_key SET not_after = $1', [new Date(NOW + 3_600_000)]);
  // No key is left in force an hour later: the replica that starts then makes another.
  clock.at = NOW + 3_600_000;
  const later = await open(pool, clock);
  const second = later.current().kid;
  t.not(second, first);
  t.equal(later.find(first), undefined);
  t.same(
    later.published().keys.map(({ kid }) => kid),
    [second],
  );
  clock.at = NOW + 3_600_000 - 30_000;
  t.equal(later.current().kid, second, 'a key made by a replica whose clock is ahead signs at once');
  clock.at -= 1;
  t.equal(later.current().kid, first, 'one that begins later does not');
});

t.test('a token signed by a key that this replica has not seen yet', async (t) => {
  const pool = await freshPool(t);
  const client = await testClient('H26.motcua');
  const catalog = catalogOf([client.system]);
  const clock = { at: NOW };
  const old = await run(t, { pool, catalog, clock });
  await pool.query('UPDATE signing_key SET not_after = $1', [new Date(NOW)]);
  const fresh = await run(t, { pool, catalog, clock: { at: NOW } });
  const { body } = await fresh.post(await client.form());
  const authorization = `Bearer ${body.access_token}`;
  await t.rejects(
    Promise.try(() => old.identity.authenticate(presented(authorization))),
    { code: 'token_invalid' },
    'too soon',
  );
  clock.at = NOW + 5000;
  t.match(await old.identity.authenticate(presented(authorization)), { system: 'H26.motcua' });
});
