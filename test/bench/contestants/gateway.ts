/** The gateway as it is run in production: `lienthong start`, configured by the environment, its log in a file. */
import { randomBytes } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { JWK } from 'jose';
import { freePort } from '../../../deploy/sandbox/processes/free-port.ts';
import { createClient } from '../../../gateway/client/client.ts';
import { AGREEMENT, type Catalogue, CONSUMER, PURPOSE } from '../catalogue.ts';
import { type Launched, launch, untilAnswers } from '../processes.ts';
import * as enterprise from '../records/enterprise.ts';
import * as person from '../records/person.ts';
import { type Contestant, httpRequest } from './contestant.ts';

const UNCONFINED = join(import.meta.dirname, 'unconfined.ts');
const COMMAND = join(import.meta.dirname, '..', '..', '..', 'gateway', 'lienthong.js');

export interface GatewayOptions {
  readonly catalogue: Pick<Catalogue, 'contractsDir'>;
  readonly databaseUrl: string;
  readonly upstreamPort: number;
  readonly upstreamConnections: number;
  /** For its log. */
  readonly directory: string;
  readonly kafkaBrokers?: readonly string[];
  /** Where to leave a CPU profile. */
  readonly profile?: string | undefined;
  /** PEM files: of the server's certificate and its key, and of the authority of clients' certificates. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly clientCa: string };
  /** More of its environment. */
  readonly variables?: Readonly<Record<string, string>>;
}

export interface Gateway extends Launched {
  readonly url: string;
  readonly port: number;
  readonly metricsUrl: string;
  readonly logFile: string;
}

export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { catalogue, databaseUrl, upstreamPort, upstreamConnections, directory, tls } = options;
  const port = await freePort();
  const operationsPort = await freePort();
  const url = `${tls ? 'https' : 'http'}://127.0.0.1:${port}`;
  const upstream = `http://127.0.0.1:${upstreamPort}`;
  const logFile = join(directory, `gateway-${port}.log`);
  const log = await open(logFile, 'a');
  const command = options.profile
    ? ['--cpu-prof', `--cpu-prof-dir=${options.profile}`, UNCONFINED]
    : [COMMAND, 'start'];
  try {
    const launched = await launch(process.execPath, command, {
      place: 'measured',
      stdio: ['ignore', log.fd, log.fd],
      env: {
        HOST: '127.0.0.1',
        PORT: String(port),
        OPERATIONS_PORT: String(operationsPort),
        PUBLIC_URL: url,
        DATABASE_URL: databaseUrl,
        CONTRACTS_DIR: catalogue.contractsDir,
        MASTER_KEY: randomBytes(32).toString('base64url'),
        LOG_LEVEL: 'info',
        // Everything comes from one address here.
        ADDRESS_RATE: '1000000',
        UPSTREAM_MAX_CONNECTIONS: String(upstreamConnections),
        BUSINESS_URL: upstream,
        BUSINESS_CONSUMER_KEY: 'bench',
        BUSINESS_CONSUMER_SECRET: 'bench',
        POPULATION_URL: `${upstream}/dancuquocgia`,
        POPULATION_USER: 'bench',
        POPULATION_SECRET: 'bench',
        POPULATION_API_KEY: 'bench',
        POPULATION_ROAD_CLIENT: 'bench',
        ...(options.kafkaBrokers && { KAFKA_BROKERS: options.kafkaBrokers.join(',') }),
        ...(tls && {
          TLS_CERT_FILE: tls.cert,
          TLS_KEY_FILE: tls.key,
          TLS_CLIENT_CA_FILE: tls.clientCa,
        }),
        ...options.variables,
      },
    });
    const gateway = {
      ...launched,
      url,
      port,
      metricsUrl: `http://127.0.0.1:${operationsPort}/metrics`,
      logFile,
    };
    const ready = `http://127.0.0.1:${operationsPort}/health/ready`;
    await untilAnswers(ready, launched).catch(async (error: Error) => {
      await launched.stop();
      const lines = (await readFile(logFile, 'utf8')).split('\n').slice(-20).join('\n');
      throw new Error(`${error.message}\n${lines}`, { cause: error });
    });
    return gateway;
  } finally {
    await log.close();
  }
}

/** A service of the gateway as the load generator asks for it. */
export interface ServiceUnderLoad {
  readonly name: string;
  /** Whole key, as evidence and metrics name it. */
  readonly service: string;
  /** @param headers of every request */
  requests(headers: Readonly<Record<string, string>>): readonly string[];
  /** The `data` of the right answer to a request. */
  granted(request: number): unknown;
  readonly withheld: readonly string[];
}

export function enterpriseLookup(records: number): ServiceUnderLoad {
  const codes = enterprise.enterpriseCodes(records);
  return {
    name: 'business.enterprise.lookup',
    service: 'business.enterprise.lookup@1',
    requests: (headers) =>
      codes.map((code) => httpRequest('GET', `/v1/business/enterprises/${code}`, headers)),
    granted: (request) => enterprise.grantedEnterprise(codes[request]!),
    withheld: enterprise.WITHHELD,
  };
}

export function personLookup(records: number): ServiceUnderLoad {
  const ids = person.personalIds(records);
  return {
    name: 'population.person.lookup',
    service: 'population.person.lookup@1',
    requests: (headers) =>
      ids.map((personalId) =>
        httpRequest(
          'POST',
          '/v1/population/persons/lookup',
          { ...headers, 'Content-Type': 'application/json' },
          JSON.stringify({ personalId }),
        ),
      ),
    granted: (request) => person.grantedPerson(ids[request]!),
    withheld: person.WITHHELD,
  };
}

/** What every request of the consumer's says beside its token. */
export const DECLARED: Readonly<Record<string, string>> = {
  Accept: 'application/json',
  'X-Purpose': PURPOSE,
  'X-Case-Id': '000.00.15.H26-260302-0001',
  'X-Officer-Id': 'CB-0042',
};

/** @param privateJwk the consumer's */
export function gatewayContestant(gateway: Gateway, under: ServiceUnderLoad, privateJwk: JWK): Contestant {
  const client = createClient({ issuer: gateway.url, clientId: CONSUMER, privateJwk });
  return {
    name: under.name,
    pid: gateway.pid,
    port: gateway.port,
    requests: async () => under.requests({ Authorization: `Bearer ${await client.token()}`, ...DECLARED }),
    fault: (request, body) => faultOf(under, request, body),
  };
}

interface Body {
  readonly data?: unknown;
  readonly meta?: { readonly agreement?: string; readonly withheld?: readonly string[] };
}

/** Says what is wrong with the answer to a request; `undefined`: nothing. */
export function faultOf(
  under: ServiceUnderLoad,
  request: number,
  body: string,
  agreement: string = AGREEMENT,
): string | undefined {
  const { data, meta }: Body = JSON.parse(body);
  if (!isDeepStrictEqual(data, under.granted(request))) return 'data is not what the agreement grants';
  if (meta?.agreement !== agreement) return 'the answer names another agreement';
  if (!isDeepStrictEqual(meta.withheld?.toSorted(), under.withheld.toSorted())) {
    return 'the answer withholds other fields';
  }
  return undefined;
}
