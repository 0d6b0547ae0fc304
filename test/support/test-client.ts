/** A client of a gateway under test: it holds the tokens of every system, and sends the requests of a test. */
import type { Readable } from 'node:stream';
import type { Test } from 'tap';
import { Agent, request } from 'undici';
import type { Catalog } from '../../gateway/catalog/catalog.ts';
import { createClient, type TokenClient } from '../../gateway/client/client.ts';
import { type Answer, readBody } from './answer.ts';
import type { Setting } from './setting.ts';

/** Header values; `undefined` leaves one out that would be sent otherwise. */
export type Headers = Readonly<Record<string, string | undefined>>;

export interface SendOptions {
  readonly method?: string;
  readonly headers?: Headers;
  readonly body?: string | Buffer | Readable;
}

/** Sends requests to both ports of a gateway. */
export interface TestClient {
  readonly url: string;
  readonly operationsUrl: string;
  /** All answers so far, also of the operators' port. */
  readonly answers: readonly Answer[];
  /** A token of a system: a kept one, or a new one. */
  token(system: string, scope?: string): Promise<string>;
  /** Calls a service as its contract says, with the headers that the system's agreement wants. */
  call(system: string, service: string, input: object, headers?: Headers): Promise<Answer>;
  /** Any request. */
  send(path: string, options?: SendOptions): Promise<Answer>;
  /** A request to the operators' port. */
  operations(path: string): Promise<Answer>;
}

/** The default declarations of each system. */
const declarations: Readonly<Record<string, Headers>> = {
  'H26.motcua': {
    'x-purpose': 'dich-vu-cong',
    'x-case-id': 'H26.11-261122-0001',
    'x-officer-id': 'CB001',
  },
  'G12.thue': { 'x-purpose': 'quan-ly-thue' },
};

/** Opens a client of the gateway at these two ports; it is closed when `test` ends. */
export function openTestClient(
  test: Pick<Test, 'teardown'>,
  setting: Setting,
  url: string,
  operationsUrl: string,
): TestClient {
  const agent = new Agent({ connections: 64, pipelining: 1 });
  test.teardown(() => agent.destroy());
  const answers: Answer[] = [];
  const clients = new Map<string, Promise<TokenClient>>();
  const clientOf = (system: string): Promise<TokenClient> => {
    let client = clients.get(system);
    if (!client) {
      client = setting
        .privateKey(system)
        .then((privateJwk) => createClient({ issuer: setting.publicUrl, clientId: system, privateJwk }));
      clients.set(system, client);
    }
    return client;
  };

  async function fetchFrom(base: string, path: string, options: SendOptions): Promise<Answer> {
    const { method = 'GET', headers = {}, body } = options;
    const given = Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [name, value],
    );
    const response = await request(base + path, { dispatcher: agent, method, headers: given, body });
    const text = await response.body.text();
    const answer = {
      status: response.statusCode,
      headers: Object.fromEntries(
        Object.entries(response.headers).map(([name, value]) => [name, String(value)]),
      ),
      text,
      body: readBody(text),
    };
    answers.push(answer);
    return answer;
  }

  const testClient: TestClient = {
    url,
    operationsUrl,
    answers,
    token: async (system, scope) => (await clientOf(system)).token(scope),
    async call(system, service, input, headers = {}) {
      const { method, path, body } = requestFor(setting.catalog, service, input);
      return testClient.send(path, {
        method,
        body,
        headers: {
          authorization: headers.authorization ?? `Bearer ${await testClient.token(system)}`,
          'content-type': body === undefined ? undefined : 'application/json',
          ...declarations[system],
          ...headers,
        },
      });
    },
    send: (path, options = {}) => fetchFrom(url, path, options),
    operations: (path) => fetchFrom(operationsUrl, path, {}),
  };
  return testClient;
}

/** Method, path and body of a call, as the contract of `service` says: of version 1, unless one is named. */
function requestFor(catalog: Catalog, service: string, input: object) {
  const contract = catalog.services.get(service.includes('@') ? service : `${service}@1`);
  if (!contract) throw new Error(`there is no service ${service}`);
  const { method } = contract;
  if (method === 'POST') return { method, path: contract.path, body: JSON.stringify(input) };
  const query = new URLSearchParams();
  let path = contract.path;
  for (const [name, value] of Object.entries(input)) {
    if (path.includes(`{${name}}`)) path = path.replace(`{${name}}`, encodeURIComponent(String(value)));
    else query.append(name, String(value));
  }
  return { method, path: query.size > 0 ? `${path}?${query}` : path, body: undefined };
}
