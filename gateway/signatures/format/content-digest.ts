/** `Content-Digest` (RFC 9530): a signature covers the content of a message by covering this field. */
import { hash } from 'node:crypto';
import { say } from '../../problems/sentences/sentence.ts';
import { readDictionary } from './dictionary.ts';
import { InvalidSignature } from './invalid-signature.ts';

const algorithms = { 'sha-256': 'sha256', 'sha-512': 'sha512' } as const;

/** The field's value for a content, by SHA-256. */
export function contentDigest(content: string | Buffer): string {
  return `sha-256=:${hash('sha256', content, 'base64')}:`;
}

/**
 * Verifies content by its field. SHA-256 or SHA-512 must be there, and each one that is there must fit. Other algorithms
 * are ignored, as the RFC allows: they are insecure or unknown.
 * @throws InvalidSignature `content_digest`
 */
export function verifyContentDigest(lines: readonly string[], content: string | Buffer): void {
  let known = 0;
  for (const [key, [given]] of read(lines)) {
    if (!Object.hasOwn(algorithms, key)) continue;
    known++;
    const digest = hash(algorithms[key as keyof typeof algorithms], content, 'buffer');
    if (!(given instanceof ArrayBuffer) || !digest.equals(new Uint8Array(given))) {
      throw new InvalidSignature('content_digest');
    }
  }
  if (known === 0)
    throw new InvalidSignature(
      'content_digest',
      say('Content-Digest must have sha-256 or sha-512', 'Content-Digest phải có sha-256 hoặc sha-512'),
    );
}

function read(lines: readonly string[]): ReturnType<typeof readDictionary> {
  try {
    return readDictionary(lines);
  } catch {
    throw new InvalidSignature(
      'content_digest',
      say('Content-Digest is not well-formed', 'Content-Digest không đúng cú pháp'),
    );
  }
}
