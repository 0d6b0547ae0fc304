/** Shared by the commands that call a gateway: its address, the system's private key, and its certificate. */
import { createPrivateKey } from 'node:crypto';
import { join } from 'node:path';
import type { JWK } from 'jose';
import { createClient, type TokenClient } from '../../client/client.ts';
import { CommandError, exitStatus } from '../terminal/command.ts';
import { parseJson, readText } from '../terminal/json-input.ts';
import { checkHeaderOptions, type HeaderOptions } from './header-options.ts';

/** Options of every command that calls a gateway, for `readOptions`. */
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

/** The sandbox keeps the private keys of its systems here. */
const sandboxKeys = 'data/sandbox/keys';

interface ClientValues extends HeaderOptions {
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

/**
 * @param values all options of the command: the ones that become header fields are checked here, for every command
 * @throws CommandError when no system is named, a header field cannot have its value, or a file cannot be read or is of another
 *   kind
 */
export async function openClient(values: ClientValues): Promise<OpenClient> {
  const { system, dpop } = values;
  if (!system) throw new CommandError('name the calling system: --system H26.motcua');
  checkHeaderOptions(values);
  const url = addressOf(values.url);
  const { privateJwk, pem } = await readKey(system, values);
  const { fetch, close } = await connectBy(values, pem);
  const client = createClient({ issuer: url, clientId: system, privateJwk, dpop, fetch });
  return { client, url, system, privateJwk, fetch, close };
}

/** The address of a gateway, without a slash at its end. @throws CommandError */
export function addressOf(text: string): string {
  const url = URL.parse(text);
  if (
    !url ||
    !/^https?:$/.test(url.protocol) ||
    url.search !== '' ||
    url.hash !== '' ||
    url.username !== ''
  ) {
    throw new CommandError('--url must be an address of a gateway, such as https://lienthong.example.gov.vn');
  }
  return text.replace(/\/+$/, '');
}

/** A JWK signs assertions; a key in PEM belongs to the certificate, which then authenticates. */
async function readKey(
  system: string,
  { key, cert, 'cert-key': certKey }: ClientValues,
): Promise<{ privateJwk: JWK | undefined; pem: string | undefined }> {
  if (certKey && !cert) throw new CommandError('--cert-key is the key of a certificate: name it with --cert');
  if (!key && certKey) return { privateJwk: undefined, pem: await readText(certKey) };
  const file = key ?? join(sandboxKeys, `${system}.jwk.json`);
  const text = await readText(file).catch((error: CommandError) => {
    throw new CommandError(`the private key of ${system}: ${error.message}; --key names another`);
  });
  if (cert && text.includes('-----BEGIN')) return { privateJwk: undefined, pem: text };
  if (text.includes('-----BEGIN')) {
    throw new CommandError(
      `${file} is PEM and is not a private JWK; with --cert it is the key of the certificate`,
    );
  }
  const privateJwk = await parseJson(text, file);
  try {
    createPrivateKey({ key: privateJwk as JWK as object, format: 'jwk' });
  } catch {
    throw new CommandError(`${file} is not a private JWK (RFC 7517)`);
  }
  return { privateJwk: privateJwk as JWK, pem: certKey && (await readText(certKey)) };
}

async function connectBy(
  { cert, ca }: ClientValues,
  key: string | undefined,
): Promise<Pick<OpenClient, 'fetch' | 'close'>> {
  if (cert && !key) throw new CommandError('name the key of the certificate: --cert-key');
  // Node's own `fetch` is loaded already; loading undici takes as long as the rest of a command.
  if (!cert && !ca) return { fetch: globalThis.fetch, close: async () => {} };
  const { Agent, fetch } = await import('undici');
  const agent = new Agent({
    connect: {
      ...(ca && { ca: await readText(ca) }),
      ...(cert && { cert: await readText(cert), key }),
    },
  });
  return {
    fetch: (input, init) => fetch(input, { ...init, dispatcher: agent }),
    close: () => agent.close(),
  };
}

/** Turns "connection refused" into a sentence. @throws CommandError, and every other error of `work` */
export async function reach<T>(url: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Error && error.name === 'TimeoutError') {
      throw new CommandError(`${url} does not answer in time`, exitStatus.unreachable);
    }
    if (error instanceof TypeError && error.message === 'fetch failed') {
      const { code } =
        error.cause instanceof Error && 'code' in error.cause ? error.cause : { code: undefined };
      if (typeof code === 'string' && /CERT|TLS|SSL|SIGNATURE/.test(code)) {
        throw new CommandError(
          `the connection to ${url} is not secured as it must be (${code}); --ca names its authority`,
          exitStatus.unreachable,
        );
      }
      throw new CommandError(
        `no gateway answers at ${url}; is it running? (npm start)`,
        exitStatus.unreachable,
      );
    }
    throw error;
  }
}
