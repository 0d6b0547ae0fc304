/** What the commands that call a gateway share: its address, the system's private key, and its certificate. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JWK } from 'jose';
import { Agent, fetch } from 'undici';
import { createClient, type TokenClient } from '../identity/client.ts';
import { CommandError } from './command.ts';

/** Options of every command that calls a gateway, for `parseArgs`. */
export const clientOptions = {
  system: { type: 'string' },
  url: { type: 'string', default: 'http://127.0.0.1:8080' },
  key: { type: 'string' },
  dpop: { type: 'boolean', default: false },
  cert: { type: 'string' },
  'cert-key': { type: 'string' },
  ca: { type: 'string' },
} as const;

export const clientUsage =
  '--system ID [--url http://127.0.0.1:8080] [--key FILE] [--dpop] [--cert FILE [--cert-key FILE]] [--ca FILE]';

/** Where the sandbox keeps the private keys of its systems. */
const sandboxKeys = 'data/sandbox/keys';

interface ClientValues {
  readonly system?: string | undefined;
  readonly url: string;
  /** The system's private key, a JWK; with `cert` it may be the certificate's, in PEM. */
  readonly key?: string | undefined;
  readonly dpop: boolean;
  readonly cert?: string | undefined;
  readonly 'cert-key'?: string | undefined;
  readonly ca?: string | undefined;
}

interface OpenClient {
  readonly client: TokenClient;
  readonly url: string;
  readonly system: string;
  /** Missing when the system authenticates by its certificate. */
  readonly privateJwk: JWK | undefined;
  /** For requests that need no token. */
  readonly fetch: typeof globalThis.fetch;
  /** Closes the connections that the command has opened. */
  close(): Promise<void>;
}

/** @throws CommandError when no system is named, or a file cannot be read or is none of its kind */
export async function openClient(values: ClientValues): Promise<OpenClient> {
  const { system, dpop } = values;
  if (!system) throw new CommandError('name the calling system: --system H26.motcua');
  const url = values.url.replace(/\/+$/, '');
  const { privateJwk, pem } = await readKey(system, values);
  const agent = await connectBy(values, pem);
  const fetchBy: typeof globalThis.fetch = (input, init) => fetch(input, { ...init, dispatcher: agent });
  const client = createClient({ issuer: url, clientId: system, privateJwk, dpop, fetch: fetchBy });
  return { client, url, system, privateJwk, fetch: fetchBy, close: () => agent.close() };
}

/** A JWK signs assertions; a key in PEM is that of the certificate, which then authenticates. */
async function readKey(
  system: string,
  { key, cert, 'cert-key': certKey }: ClientValues,
): Promise<{ privateJwk: JWK | undefined; pem: string | undefined }> {
  if (certKey && !cert) throw new CommandError('--cert-key is the key of a certificate: name it with --cert');
  if (!key && certKey) return { privateJwk: undefined, pem: await readText(certKey) };
  const file = key ?? join(sandboxKeys, `${system}.jwk.json`);
  const text = await readFile(file, 'utf8').catch(() => {
    throw new CommandError(`the private key of ${system} cannot be read from ${file}; name it with --key`);
  });
  if (cert && text.includes('-----BEGIN')) return { privateJwk: undefined, pem: text };
  try {
    return { privateJwk: JSON.parse(text), pem: certKey && (await readText(certKey)) };
  } catch {
    throw new CommandError(`${file} is not a private JWK`);
  }
}

async function connectBy({ cert, ca }: ClientValues, key: string | undefined): Promise<Agent> {
  if (cert && !key) throw new CommandError('name the key of the certificate: --cert-key');
  return new Agent({
    connect: {
      ...(ca && { ca: await readText(ca) }),
      ...(cert && { cert: await readText(cert), key }),
    },
  });
}

function readText(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => {
    throw new CommandError(`${file} cannot be read`);
  });
}

/** Turns "connection refused" into a sentence. */
export async function reach<T>(url: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof TypeError && error.message === 'fetch failed') {
      const { code } =
        error.cause instanceof Error && 'code' in error.cause ? error.cause : { code: undefined };
      if (typeof code === 'string' && /CERT|TLS|SSL|SIGNATURE/.test(code)) {
        throw new CommandError(
          `the connection to ${url} is not secured as it must be (${code}); --ca names its authority`,
        );
      }
      throw new CommandError(`no gateway answers at ${url}; is it running? (npm start)`);
    }
    throw error;
  }
}
