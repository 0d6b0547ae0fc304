/** Shared by the commands that verify saved messages: the gateway's keys, and the report. */

import { UnreadableMessage } from '../../client/saved-message.ts';
import type { KeySet } from '../../client/verify-response.ts';
import { InvalidSignature } from '../../signatures/format/invalid-signature.ts';
import { CommandError, exitStatus } from '../terminal/command.ts';
import { parseJson, readText } from '../terminal/json-input.ts';
import { reach } from './client.ts';

/** A key set, from an address or a file. @throws CommandError when there is no JWK Set */
export async function readKeys(place: string): Promise<KeySet> {
  const text = /^https?:/.test(place) ? await reach(place, () => fetchText(place)) : await readText(place);
  const set = await parseJson(text, place);
  if (typeof set === 'object' && set !== null && 'keys' in set && Array.isArray(set.keys)) {
    return { keys: set.keys.filter((key) => typeof key === 'object' && key !== null) };
  }
  throw new CommandError(`${place} is no key set (RFC 7517)`);
}

/**
 * Prints the verified parts of a message, or the reason of a failure.
 * @returns the exit status
 * @throws CommandError when the message cannot be read
 */
export function reportVerified(verify: () => object): number {
  try {
    console.log(JSON.stringify({ verified: true, ...verify() }, null, 2));
    return exitStatus.done;
  } catch (error) {
    if (error instanceof InvalidSignature) {
      console.log(JSON.stringify({ verified: false, reason: error.reason, detail: error.message }, null, 2));
      return exitStatus.refused;
    }
    throw error instanceof UnreadableMessage ? new CommandError(error.message) : error;
  }
}

async function fetchText(url: string): Promise<string> {
  const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(10_000) });
  if (!response.ok) throw new CommandError(`${url} answers HTTP ${response.status}`, exitStatus.refused);
  return response.text();
}
