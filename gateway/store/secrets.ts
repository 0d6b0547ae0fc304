/**
 * Keys derived from the master key (HKDF-SHA-256, RFC 5869), one for each use. PostgreSQL stores none of them, so
 * a copy of the database reveals no identifier and no private key.
 */
import { createHash, hkdfSync } from 'node:crypto';
import { createKeyedHash } from './hmac.ts';

export interface Secrets {
  /** Identifies the master key in evidence (8 hex digits), so that rows of an older one stay attributable. */
  readonly keyVersion: string;
  /** Keyed hash of a personal number for evidence and for counting failed matches. 32 bytes. */
  hashSubject(number: string): Buffer;
  /** Pseudonym of a subject under one agreement: message keys, `subject` of events. base64url, 32 characters. */
  pseudonym(agreement: string, entity: string, subject: string): string;
  /** A 32-byte key for another use, by name (`signing-keys`, `cursor`). */
  derive(use: string): Buffer;
}

export function deriveSecrets(masterKey: Buffer): Secrets {
  const derive = (use: string) => Buffer.from(hkdfSync('sha256', masterKey, '', `lienthong ${use}`, 32));
  const evidenceKey = derive('evidence subjects');
  const hashOf = createKeyedHash(evidenceKey);
  const pseudonyms = new Map<string, (text: string) => string>();
  const pseudonymOf = (agreement: string) => {
    const known = pseudonyms.get(agreement);
    if (known) return known;
    const keyed = createKeyedHash(derive(`pseudonyms ${agreement}`));
    pseudonyms.set(agreement, keyed);
    return keyed;
  };
  return {
    keyVersion: createHash('sha256').update(evidenceKey).digest('hex').slice(0, 8),
    hashSubject: (number) => Buffer.from(hashOf(number), 'base64url'),
    pseudonym: (agreement, entity, subject) => pseudonymOf(agreement)(`${entity}\0${subject}`).slice(0, 32),
    derive,
  };
}
