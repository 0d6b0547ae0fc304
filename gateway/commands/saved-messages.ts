/** What the commands that verify saved messages read: the message, and the gateway's keys. */
import { readFile } from 'node:fs/promises';
import type { KeySet } from '../signatures/verify-response.ts';
import { CommandError } from './command.ts';

/** @throws CommandError when the file cannot be read */
export async function readSaved(file: string): Promise<Buffer> {
  return readFile(file).catch(() => {
    throw new CommandError(`${file} cannot be read`);
  });
}

/** A key set, from an address or a file. @throws CommandError when there is no JWK Set */
export async function readKeys(place: string): Promise<KeySet> {
  try {
    const text = /^https?:/.test(place) ? await fetchText(place) : await readFile(place, 'utf8');
    const set: unknown = JSON.parse(text);
    if (typeof set === 'object' && set !== null && 'keys' in set && Array.isArray(set.keys)) {
      return { keys: set.keys.filter((key) => typeof key === 'object' && key !== null) };
    }
  } catch {
    // told below
  }
  throw new CommandError(`no key set (RFC 7517) can be read from ${place}`);
}

async function fetchText(url: string): Promise<string> {
  const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(10_000) });
  if (!response.ok) throw new Error(`status ${response.status}`);
  return response.text();
}
