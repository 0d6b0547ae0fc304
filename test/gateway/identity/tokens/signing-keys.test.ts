import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { calculateJwkThumbprint, decodeProtectedHeader } from 'jose';
import t from 'tap';
import { openSigningKeys } from '../../../../gateway/identity/tokens/signing-keys.ts';
import type { Pool } from '../../../../gateway/store/pool.ts';
import { deriveSecrets } from '../../../../gateway/store/secrets.ts';
import { asOwner } from '../../../support/database.ts';
import { testClient } from '../support/assertions.ts';
import { catalogOf, freshPool, NOW, presented, recordingLog, run } from '../support/identity.ts';

const encryptionKey = deriveSecrets(Buffer.alloc(32, 7)).derive('signing-keys');

const MINUTE = 60_000;
const DAY = 86_400_000;

async function open(
  pool: Pool,
  clock = { at: NOW },
  over: { encryptionKey?: Buffer; configured?: KeyObject } = {},
) {
  const log = recordingLog();
  const keys = await openSigningKeys({
    pool,
    encryptionKey,
    rotationDays: 90,
    now: () => clock.at,
    log,
    ...over,
  });
  t.teardown(() => keys.close());
  return keys;
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
  await t.rejects(open(pool, { at: NOW }, { encryptionKey: randomBytes(32) }), {
    name: 'ConfigError',
    problems: [{ variable: 'MASTER_KEY', reason: /another MASTER_KEY/ }],
  });
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

t.test(
  'a key is published before it signs, signs until the next one does, and verifies until its tokens end',
  async (t) => {
    const pool = await freshPool(t);
    const clock = { at: NOW };
    const [one, two] = [await open(pool, clock), await open(pool, clock)];
    const first = one.current().kid;
    const change = NOW + 90 * DAY;
    const kids = () => [one, two].map((keys) => keys.published().keys.map(({ kid }) => kid));
    const at = async (time: number) => {
      clock.at = time;
      await Promise.all([one.maintain(), two.maintain()]);
    };

    await at(change - 15 * MINUTE - 1);
    t.same(kids(), [[first], [first]], 'not due');
    await at(change - 15 * MINUTE);
    await at(change - 15 * MINUTE);
    t.equal((await pool.query('SELECT 1 FROM signing_key')).rowCount, 2, 'both replicas together make one');
    const second = kids()[0]![1]!;
    t.same(
      kids(),
      [
        [first, second],
        [first, second],
      ],
      'published',
    );
    t.ok(one.find(second), 'it would verify');
    t.same([one.current().kid, two.current().kid], [first, first], 'and does not sign yet');

    await at(change - 31_000);
    t.equal(one.current().kid, first);
    await at(change);
    t.same([one.current().kid, two.current().kid], [second, second]);
    await at(change + 10 * MINUTE - 1);
    t.ok(two.find(first), 'tokens of the old key verify until the last has expired');
    t.same(kids(), [
      [first, second],
      [first, second],
    ]);
    await at(change + 10 * MINUTE);
    t.equal(two.find(first), undefined);
    t.same(kids(), [[second], [second]]);
    await at(change + DAY + 11 * MINUTE);
    t.equal((await pool.query('SELECT 1 FROM signing_key')).rowCount, 1, 'the private key is destroyed');
    await at(change + 90 * DAY - 15 * MINUTE);
    t.equal(kids()[0]!.length, 2, 'and so on');
  },
);

t.test('no call fails while keys change', async (t) => {
  const pool = await freshPool(t);
  const client = await testClient('H26.motcua');
  const clock = { at: NOW };
  const catalog = catalogOf([client.system]);
  const [one, two] = [await run(t, { pool, catalog, clock }), await run(t, { pool, catalog, clock })];
  const signers = new Set<string>();
  const begin = NOW + 90 * DAY - 20 * MINUTE;
  for (let time = begin; time < begin + 40 * MINUTE; time += 2 * MINUTE) {
    clock.at = time;
    await Promise.all([one.identity.maintain(), two.identity.maintain()]);
    const { body } = await one.post(await client.form({}, clock.at));
    const token = String(body.access_token);
    signers.add(decodeProtectedHeader(token).kid!);
    for (const { identity } of [one, two]) {
      t.match(await identity.authenticate(presented(`Bearer ${token}`)), { system: 'H26.motcua' });
    }
    clock.at = time + 299_000;
    const late = await run(t, { pool, catalog, clock });
    t.match(
      await late.identity.authenticate(presented(`Bearer ${token}`)),
      { system: 'H26.motcua' },
      'its last second',
    );
  }
  t.equal(signers.size, 2);
});

t.test("an operator's own key", async (t) => {
  const pool = await freshPool(t);
  const clock = { at: NOW };
  const [a, b] = [1, 2].map(() => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
  const kidOf = (key: KeyObject | undefined) => calculateJwkThumbprint(key!.export({ format: 'jwk' }));
  const first = await open(pool, clock, { configured: a });
  t.equal(first.current().kid, await kidOf(a), 'signs at once, where no other did');
  clock.at += 400 * DAY;
  await first.maintain();
  t.equal(first.current().kid, await kidOf(a), 'and is not rotated');
  t.equal((await open(pool, clock, { configured: a })).published().keys.length, 1, 'nor introduced twice');

  const changed = await open(pool, clock, { configured: b });
  t.equal(changed.current().kid, await kidOf(a), 'another one is published first');
  t.equal(changed.published().keys.length, 2);
  await first.refresh();
  t.ok(first.find(await kidOf(b)), 'also by replicas that were started with the old one');
  clock.at += 15 * MINUTE;
  await first.maintain();
  t.same([first.current().kid, changed.current().kid], [await kidOf(b), await kidOf(b)]);

  const back = await open(pool, clock, { configured: a });
  clock.at += 15 * MINUTE;
  t.equal(back.current().kid, await kidOf(a), 'back to the one before');
  await changed.maintain();
  t.equal(changed.current().kid, await kidOf(a));
});

t.test('without its store a replica goes on with the keys that it knows', async (t) => {
  const pool = await freshPool(t);
  const clock = { at: NOW };
  const keys = await open(pool, clock);
  const { kid } = keys.current();
  await asOwner(pool, 'ALTER TABLE signing_key RENAME TO away');
  clock.at += 90 * DAY;
  await keys.maintain();
  t.equal(keys.current().kid, kid);
});
