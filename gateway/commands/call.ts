/**
 * `lienthong call`: one call of a service, with token and headers; prints the answer unchanged.
 *
 * `--sign` signs the request (RFC 9421), `--accept-signature` asks for a signed answer, `--save` keeps both in files.
 * A service that writes gets an `Idempotency-Key`: the one of `--idempotency-key`, to repeat a call, or a new one, which is
 * printed before anything is sent.
 * Route and method come from the gateway's /openapi.json, so the command works with any gateway. Without a version in the
 * argument, the caller's own view of the catalogue decides which version the system has an agreement for.
 */
import { randomUUID } from 'node:crypto';
import { chooseVersion, readServiceName } from '../catalog/grant/choose-version.ts';
import type { TokenClient } from '../client/client.ts';
import { acceptSignature } from '../signatures/accept-signature.ts';
import { contentDigest } from '../signatures/format/content-digest.ts';
import { readMember } from './gateway/answers.ts';
import { clientOptions, clientUsage, openClient, reach } from './gateway/client.ts';
import { declaredHeaders, declaredOptions, declaredUsage, signer } from './gateway/declared.ts';
import { saveExchange } from './gateway/save-exchange.ts';
import { type Command, CommandError, exitStatus } from './terminal/command.ts';
import { readJsonArgument } from './terminal/json-input.ts';
import { readAtMost, readOptions } from './terminal/options.ts';

interface Operation {
  readonly operationId?: string;
  readonly parameters?: readonly { readonly $ref?: string; readonly name?: string; readonly in?: string }[];
}

/** From /openapi.json. */
type Paths = Readonly<Record<string, Readonly<Record<string, Operation>>>>;

/** One version of a service. */
interface Found {
  readonly version: number;
  readonly method: string;
  readonly path: string;
  readonly writes: boolean;
}

/** From `GET /v1/catalog/services`. */
interface OwnService {
  readonly service: string;
  readonly version: number;
  readonly agreements: readonly { readonly standing: string }[];
}

export const command: Command = {
  usage: `lienthong call SERVICE[@VERSION] JSON|@FILE|- ${clientUsage} ${declaredUsage} [--language vi|en] [--idempotency-key KEY] [--accept-signature] [--save DIR]
       The request is JSON, or in a file, or on standard input (-): there it stands in no list of processes.
       A service without a version is the newest version that an agreement of the system names, as it is for \`explain\``,
  async run(args) {
    const { values, positionals } = readOptions({
      args,
      allowPositionals: true,
      options: {
        ...clientOptions,
        ...declaredOptions,
        language: { type: 'string', default: 'en' },
        'idempotency-key': { type: 'string' },
        'accept-signature': { type: 'boolean', default: false },
        save: { type: 'string' },
      },
    });
    const [service, json = '{}'] = positionals;
    if (!service)
      throw new CommandError(
        'name the service: lienthong call population.person.lookup \'{"personalId": "…"}\'',
      );
    readAtMost(2, positionals);
    const request = objectOf(await readJsonArgument(json));
    const { client, url, privateJwk, fetch, close } = await openClient(values);
    const signed = signer(client, privateJwk, values.sign);
    return reach(url, async () => {
      const { method, path, writes } = await findOperation(fetch, client, url, service);
      const key = values['idempotency-key'] ?? (writes ? randomUUID() : undefined);
      if (key !== undefined) console.error(`Idempotency-Key: ${key}`);
      const { address, body } = encodeRequest(request, method, path);
      const target = new URL(url + address).href;
      const { authorization = '' } = await client.authorise(method, target);
      const plain: Record<string, string> = {
        authorization,
        'accept-language': values.language,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(key !== undefined && { 'idempotency-key': key }),
        ...declaredHeaders(values),
        // The answer must identify its request: without a signature of the request, the digest alone does.
        ...(values['accept-signature'] && {
          'accept-signature': acceptSignature(body !== undefined, values.sign),
          ...(body !== undefined && { 'content-digest': contentDigest(body) }),
        }),
      };
      const headers = await signed({ method, url: target, headers: plain, body });
      const response = await client.send(target, { method, headers, body });
      const bytes = Buffer.from(await response.arrayBuffer());
      const exchange = {
        ...{ method, url: target, requestHeaders: headers, requestBody: body },
        ...{ response, responseBody: bytes },
      };
      const saved = values.save === undefined ? undefined : saveExchange(values.save, exchange);
      // The answer is shown even if it could not be saved.
      await saved?.catch(() => {});
      console.error(`HTTP ${response.status}`);
      console.log(pretty(bytes.toString('utf8')));
      await saved;
      return response.ok ? exitStatus.done : exitStatus.refused;
    }).finally(close);
  },
};

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw new CommandError('the request must be a JSON object');
}

async function findOperation(
  fetch: typeof globalThis.fetch,
  client: Pick<TokenClient, 'send'>,
  url: string,
  service: string,
): Promise<Found> {
  const { name, version } = readServiceName(service);
  const versions = (await operationsOf(fetch, url, name)).filter(
    (one) => version === undefined || one.version === version,
  );
  const [only, ...others] = versions;
  if (!only) throw new CommandError(`the gateway has no service ${service}`);
  return others.length === 0
    ? only
    : chooseOf(await client.send(`${url}/v1/catalog/services`), name, versions);
}

/** The version that the system has an agreement for, according to its own view of the catalogue. */
async function chooseOf(response: Response, name: string, versions: readonly Found[]): Promise<Found> {
  if (!response.ok) {
    throw new CommandError(
      `name the version: ${versions.map(({ version }) => `${name}@${version}`).join(', ')} (the gateway did not say which the system has an agreement for: HTTP ${response.status})`,
    );
  }
  const { data } = (await response.json()) as {
    readonly data?: { readonly services?: readonly OwnService[] };
  };
  return chooseVersion(
    versions.map((one) => {
      const own = data?.services?.find(({ service, version }) => service === name && version === one.version);
      return { ...one, inForce: (own?.agreements ?? []).map(({ standing }) => standing === 'in_force') };
    }),
  )!;
}

async function operationsOf(
  fetch: typeof globalThis.fetch,
  url: string,
  name: string,
): Promise<readonly Found[]> {
  const response = await fetch(`${url}/openapi.json`);
  const paths = await readMember<Paths>(url, response, 'paths');
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).flatMap(([method, operation]) => {
      const [, named, version] = /^(.+)\.v(\d+)$/.exec(operation.operationId ?? '') ?? [];
      if (named !== name) return [];
      return [{ version: Number(version), method: method.toUpperCase(), path, writes: takesKey(operation) }];
    }),
  );
}

function takesKey({ parameters = [] }: Operation): boolean {
  return parameters.some(({ $ref }) => $ref?.endsWith('/IdempotencyKey'));
}

/** Encodes a request as a body, or as path parameters and query, depending on the method of its contract. */
function encodeRequest(
  request: Readonly<Record<string, unknown>>,
  method: string,
  path: string,
): { address: string; body: string | undefined } {
  if (method !== 'GET') return { address: path, body: JSON.stringify(request) };
  const rest = new Map(Object.entries(request).map(([name, value]) => [name, textOf(name, value)]));
  const address = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = rest.get(name);
    if (value === undefined) throw new CommandError(`the request lacks ${name}`);
    rest.delete(name);
    // As a path segment, it would lead to another address, and so to another service.
    if (/^\.{0,2}$/.test(value)) throw new CommandError(`${name} cannot be empty, "." or ".."`);
    return encodeURIComponent(value);
  });
  const query = new URLSearchParams([...rest]).toString();
  return { address: query ? `${address}?${query}` : address, body: undefined };
}

/** The text of a value in a URL. A value of another type would be sent as an unintended text: `null`, `a,b`, `[object Object]`. */
function textOf(name: string, value: unknown): string {
  if (['string', 'number', 'boolean'].includes(typeof value)) return String(value);
  throw new CommandError(`${name} stands in the address: it must be a text, a number, true or false`);
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
