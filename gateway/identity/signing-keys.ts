/**
 * The gateway's own keys, those of access tokens and, in a table apart, those of signed responses: ES256, shared by all replicas through PostgreSQL, private halves encrypted (AES-256-GCM)
 * under a key derived from the master key. The first replica that starts makes the first key.
 *
 * A row is trusted because it decrypts, and the public half is derived from the private one: whoever can only write
 * to the database cannot plant a key. Several keys may stand side by side; the newest that has begun signs.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import {
  type CryptoKey,
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK_EC_Private,
  type JWK_EC_Public,
} from 'jose';
import { type Client, type Pool, transaction } from '../store/pool.ts';
import type { Log } from './log.ts';

export interface SigningKeys {
  /** The key that signs now. @throws Error when there is none */
  current(): SigningKey;
  /** A key that verifies now. */
  find(kid: string): SigningKey | undefined;
  /**
   * Reads the keys again, at most once in five seconds, for a `kid` that another replica may have begun to use.
   * Does not reject: without the store the known keys stay.
   */
  refresh(): Promise<void>;
  /** What `/oauth2/jwks` publishes (RFC 7517): every key that verifies now or will. */
  published(): { readonly keys: readonly PublicJwk[] };
  readonly usable: boolean;
}

export interface SigningKey {
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  readonly publicJwk: PublicJwk;
  /** Milliseconds since the epoch. */
  readonly notBefore: number;
  readonly notAfter: number;
}

export type PublicJwk = JWK_EC_Public & { kty: 'EC'; kid: string; alg: 'ES256'; use: 'sig' };

interface Row {
  kid: string;
  private_key: Buffer;
  not_before: Date;
  not_after: Date | null;
}

type Table = 'signing_key' | 'message_signing_key';

interface SigningKeysOptions {
  readonly pool: Pool;
  /** 32 bytes, `secrets.derive('signing-keys')`; another for each table, so that no key changes its use. */
  readonly encryptionKey: Buffer;
  /** Where they are kept: the keys of tokens, unless it says otherwise. */
  readonly table?: Table;
  readonly now: () => number;
  readonly log: Log;
}

/** Any constant: replicas that start together take turns on it. */
const SIGNING_KEY_LOCK = 7_281_905;
const REFRESH_INTERVAL = 5000;
/** A store that hangs must not hang its callers. */
const QUERY_TIMEOUT = 3000;
/** The replicas' clocks may differ by this: a key made by one signs at once on the others. */
const CLOCK_SKEW = 30_000;

/** @throws Error when a key cannot be decrypted: another master key than the one it was stored under */
export async function openSigningKeys(options: SigningKeysOptions): Promise<SigningKeys> {
  const { pool, encryptionKey, table = 'signing_key', now, log } = options;
  let keys = await transaction(pool, async (client) => {
    await client.query('SELECT pg_advisory_xact_lock($1)', [SIGNING_KEY_LOCK]);
    const stored = await read(client, table, encryptionKey);
    if (newest(stored, now())) return stored;
    const kid = await generate(client, table, encryptionKey, now());
    log.info({ kid, table }, 'signing key generated');
    return read(client, table, encryptionKey);
  });

  let refreshedAt = now();
  let refreshing: Promise<void> | undefined;
  const reload = async () => {
    try {
      keys = await read(pool, table, encryptionKey);
    } catch (error) {
      log.warn({ err: error }, 'signing keys cannot be read again; the known ones stay');
    } finally {
      refreshing = undefined;
    }
  };

  return {
    current: () => {
      const key = newest(keys, now());
      if (!key) throw new Error('no signing key is valid now');
      return key;
    },
    find: (kid) => keys.find((key) => key.kid === kid && now() < key.notAfter),
    refresh: async () => {
      if (!refreshing && now() - refreshedAt >= REFRESH_INTERVAL) {
        refreshedAt = now();
        refreshing = reload();
      }
      await refreshing;
    },
    published: () => ({ keys: keys.filter((key) => now() < key.notAfter).map((key) => key.publicJwk) }),
    get usable() {
      return newest(keys, now()) !== undefined;
    },
  };
}

/** The key that signs at a time: begun, not ended, and the last of those to begin. */
function newest(keys: readonly SigningKey[], at: number): SigningKey | undefined {
  return keys
    .filter((key) => key.notBefore <= at + CLOCK_SKEW && at < key.notAfter)
    .reduce<SigningKey | undefined>(
      (best, key) => (best && best.notBefore >= key.notBefore ? best : key),
      undefined,
    );
}

async function read(store: Pool | Client, table: Table, encryptionKey: Buffer): Promise<SigningKey[]> {
  const select = {
    text: `SELECT kid, private_key, not_before, not_after FROM ${table} ORDER BY not_before, kid`,
    query_timeout: QUERY_TIMEOUT,
  };
  const { rows } = await store.query<Row>(select);
  return Promise.all(rows.map((row) => unseal(row, encryptionKey)));
}

async function generate(client: Client, table: Table, encryptionKey: Buffer, at: number): Promise<string> {
  const pair = await generateKeyPair('ES256', { extractable: true });
  const jwk = await exportJWK(pair.privateKey);
  const kid = await calculateJwkThumbprint(jwk);
  await client.query(`INSERT INTO ${table} (kid, private_key, not_before) VALUES ($1, $2, $3)`, [
    kid,
    encrypt(JSON.stringify(jwk), encryptionKey, kid),
    new Date(at),
  ]);
  return kid;
}

async function unseal(row: Row, encryptionKey: Buffer): Promise<SigningKey> {
  const { kid } = row;
  const { crv, x, y, d }: JWK_EC_Private = JSON.parse(decrypt(row.private_key, encryptionKey, kid));
  const publicJwk: PublicJwk = { kty: 'EC', crv, x, y, kid, alg: 'ES256', use: 'sig' };
  return {
    kid,
    privateKey: await importEc({ crv, x, y, d }),
    publicKey: await importEc({ crv, x, y }),
    publicJwk,
    notBefore: row.not_before.getTime(),
    notAfter: row.not_after?.getTime() ?? Number.POSITIVE_INFINITY,
  };
}

async function importEc(jwk: JWK_EC_Public | JWK_EC_Private): Promise<CryptoKey> {
  const key = await importJWK({ ...jwk, kty: 'EC' }, 'ES256');
  if (key instanceof Uint8Array) throw new TypeError('not an asymmetric key');
  return key;
}

// IV (12 bytes), tag (16), ciphertext; the kid is authenticated with them.
function encrypt(plain: string, key: Buffer, kid: string): Buffer {
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(kid));
  const sealed = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), sealed]);
}

function decrypt(stored: Buffer, key: Buffer, kid: string): string {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, stored.subarray(0, 12), { authTagLength: 16 })
      .setAAD(Buffer.from(kid))
      .setAuthTag(stored.subarray(12, 28));
    return Buffer.concat([decipher.update(stored.subarray(28)), decipher.final()]).toString('utf8');
  } catch (cause) {
    throw new Error(
      `signing key ${kid} cannot be decrypted: it was stored under another MASTER_KEY, or was changed in the database`,
      { cause },
    );
  }
}
