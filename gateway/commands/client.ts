/** What the commands that call a gateway share: its address, and the system's private key. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JWK } from 'jose';
import { createClient, type TokenClient } from '../identity/client.ts';
import { CommandError } from './command.ts';

/** Options of every command that calls a gateway, for `parseArgs`. */
export const clientOptions = {
  system: { type: 'string' },
  url: { type: 'string', default: 'http://127.0.0.1:8080' },
  key: { type: 'string' },
} as const;

export const clientUsage = '--system ID [--url http://127.0.0.1:8080] [--key FILE.jwk.json]';

/** Where the sandbox keeps the private keys of its systems. */
const sandboxKeys = 'data/sandbox/keys';

/** @throws CommandError when no system is named or its key cannot be read */
export async function openClient(values: {
  readonly system?: string | undefined;
  readonly url: string;
  readonly key?: string | undefined;
}): Promise<{ client: TokenClient; url: string; system: string; privateJwk: JWK }> {
  const { system } = values;
  if (!system) throw new CommandError('name the calling system: --system H26.motcua');
  const file = values.key ?? join(sandboxKeys, `${system}.jwk.json`);
  const text = await readFile(file, 'utf8').catch(() => {
    throw new CommandError(`the private key of ${system} cannot be read from ${file}; name it with --key`);
  });
  const privateJwk: JWK = JSON.parse(text);
  const url = values.url.replace(/\/+$/, '');
  return {
    client: createClient({ issuer: url, clientId: system, privateJwk }),
    url,
    system,
    privateJwk,
  };
}

/** Turns "connection refused" into a sentence. */
export async function reach<T>(url: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof TypeError && error.message === 'fetch failed') {
      throw new CommandError(`no gateway answers at ${url}; is it running? (npm start)`);
    }
    throw error;
  }
}
