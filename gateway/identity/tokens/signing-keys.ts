/**
 * The gateway's own keys, for access tokens and, in another table, for signed responses: ES256, shared by all replicas
 * through PostgreSQL, encrypted there (`sealed-key.ts`).
 *
 * The life of a key: stored and published a quarter of an hour before it signs, so that every replica and every cache
 * of the JWKS knows it; signs until the next one does; verifies and stays published until its last token has expired;
 * is deleted a day later. The first replica that finds the newest key old enough makes the next.
 *
 * An operator's own key (`SIGNING_KEY`) replaces made ones, and is introduced in the same way; then the operator decides when
 * to change it. Keys of signed responses never end: their signatures must verify for years.
 */
import type { KeyObject } from 'node:crypto';
import { type Client, type Pool, transaction } from '../../store/pool.ts';
import type { LogLines } from '../../telemetry/log.ts';
import { ACCESS_TOKEN_LIFETIME } from './access-token-lifetime.ts';
import { type PublicJwk, type SealedRow, type SigningKey, sealKey, unsealKey } from './sealed-key.ts';

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
  /**
   * Makes the next key when it is due, and reads the keys. A timer calls it once a minute. Does not reject: without the store
   * the known keys stay.
   */
  maintain(): Promise<void>;
  /** The set of `/oauth2/jwks` (RFC 7517): every key that verifies now or later. */
  published(): { readonly keys: readonly PublicJwk[] };
  readonly usable: boolean;
  close(): void;
}

type Table = 'signing_key' | 'message_signing_key';

interface SigningKeysOptions {
  readonly pool: Pool;
  /** 32 bytes, `secrets.derive('signing-keys')`; different for each table, so that no key changes its use. */
  readonly encryptionKey: Buffer;
  /** The table of the keys; `signing_key` by default. */
  readonly table?: Table;
  /** The operator's own key (P-256, private); without it the gateway makes keys, and changes them after `rotationDays`. */
  readonly configured?: KeyObject | undefined;
  /** `'never'`: the key is not changed, and none that has ended is deleted. */
  readonly rotationDays: number | 'never';
  readonly now: () => number;
  readonly log: LogLines;
}

/** An arbitrary constant: the advisory lock for replicas that start together. */
const SIGNING_KEY_LOCK = 7_281_905;
const REFRESH_INTERVAL = 5000;
const MAINTAIN_INTERVAL = 60_000;
/** Milliseconds by which replicas' clocks may differ: a first key must sign on all of them without delay. */
const CLOCK_SKEW = 30_000;
const DAY = 86_400_000;
/** Milliseconds: three times as long as caches may keep the JWKS. */
const PUBLISHED_BEFORE = 15 * 60_000;
/** Milliseconds that a key verifies after the next one begins: the last tokens' lifetime, and a margin for clocks. */
const VERIFIES_AFTER = ACCESS_TOKEN_LIFETIME * 1000 + 5 * 60_000;

/** @throws ConfigError when a key cannot be decrypted: it was stored under another master key */
export async function openSigningKeys(options: SigningKeysOptions): Promise<SigningKeys> {
  const { pool, encryptionKey, table = 'signing_key', configured, rotationDays, now, log } = options;

  /** Runs `work` under a lock, so that only one replica makes a key. */
  const withLock = (work: (client: Client, stored: readonly SigningKey[]) => Promise<string | undefined>) =>
    transaction(pool, async (client) => {
      await client.query('SELECT pg_advisory_xact_lock($1)', [SIGNING_KEY_LOCK]);
      const stored = await read(client, table, encryptionKey);
      const kid = await work(client, stored);
      if (kid === undefined) return stored;
      log.info({ kid, table }, 'signing key introduced');
      return read(client, table, encryptionKey);
    });

  const introduce = async (client: Client, stored: readonly SigningKey[], given?: KeyObject) => {
    const { kid, private_key } = await sealKey(encryptionKey, given);
    const begin = signingAt(stored, now()) ? now() + PUBLISHED_BEFORE : now();
    if (rotationDays !== 'never') {
      await client.query(
        `UPDATE ${table} SET not_after = $1 WHERE kid <> $2 AND (not_after IS NULL OR not_after > $1)`,
        [new Date(begin + VERIFIES_AFTER), kid],
      );
    }
    await client.query(
      `INSERT INTO ${table} (kid, private_key, not_before) VALUES ($1, $2, $3)
       ON CONFLICT (kid) DO UPDATE SET not_before = excluded.not_before, not_after = NULL`,
      [kid, private_key, new Date(begin)],
    );
    return kid;
  };

  let keys: readonly SigningKey[] = await withLock(async (client, stored) => {
    const newest = newestOf(stored);
    if (configured) {
      const { kid } = await sealKey(encryptionKey, configured);
      return newest?.kid === kid && newest.notAfter === Number.POSITIVE_INFINITY
        ? undefined
        : introduce(client, stored, configured);
    }
    return signingAt(stored, now()) ? undefined : introduce(client, stored);
  });

  const isDue = () => {
    if (configured || rotationDays === 'never') return false;
    const newest = newestOf(keys);
    return !newest || now() >= newest.notBefore + rotationDays * DAY - PUBLISHED_BEFORE;
  };
  const maintain = async () => {
    try {
      if (isDue()) {
        keys = await withLock(async (client, stored) => {
          keys = stored; // another replica may have made it
          return isDue() ? introduce(client, stored) : undefined;
        });
      } else {
        keys = await read(pool, table, encryptionKey);
      }
      if (rotationDays !== 'never') {
        await pool.query(`DELETE FROM ${table} WHERE not_after < $1`, [new Date(now() - DAY)]);
      }
    } catch (error) {
      log.warn({ err: error }, 'signing keys cannot be maintained; the known ones stay');
    }
  };
  const timer = setInterval(() => void maintain(), MAINTAIN_INTERVAL).unref();

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
      const key = signingAt(keys, now());
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
    maintain,
    published: () => ({ keys: keys.filter((key) => now() < key.notAfter).map((key) => key.publicJwk) }),
    get usable() {
      return signingAt(keys, now()) !== undefined;
    },
    close: () => clearInterval(timer),
  };
}

/** The key that signs at a time: begun, not ended, and the last of those to begin. */
function signingAt(keys: readonly SigningKey[], at: number): SigningKey | undefined {
  return newestOf(keys.filter((key) => key.notBefore <= at + CLOCK_SKEW && at < key.notAfter));
}

function newestOf(keys: readonly SigningKey[]): SigningKey | undefined {
  return keys.reduce<SigningKey | undefined>(
    (best, key) => (best && best.notBefore >= key.notBefore ? best : key),
    undefined,
  );
}

async function read(store: Pool | Client, table: Table, encryptionKey: Buffer): Promise<SigningKey[]> {
  const { rows } = await store.query<SealedRow>(
    `SELECT kid, private_key, not_before, not_after FROM ${table} ORDER BY not_before, kid`,
  );
  return Promise.all(rows.map((row) => unsealKey(row, encryptionKey)));
}
