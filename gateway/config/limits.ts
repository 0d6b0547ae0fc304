/** What one replica bears: requests, connections, streams, and the time that each has. */
import type { NameOf, Reader, Variable } from './reader.ts';

export const limitVariables = [
  { name: 'LOG_LEVEL', default: 'info', about: 'fatal, error, warn, info, debug, trace or silent' },
  {
    name: 'ADDRESS_RATE',
    default: '5000',
    about: 'requests per second from one address, before authentication',
  },
  {
    name: 'MAX_CONNECTIONS',
    default: '10000',
    about: "open connections on the agencies' port; one more is closed at once",
  },
  {
    name: 'ADDRESS_CONNECTIONS',
    default: '2000',
    about:
      'open connections from one address, so that it cannot take all; trusted proxies have no such limit',
  },
  {
    name: 'MAX_STREAMS',
    default: '2000',
    about: 'open streams (server-sent events, snapshots) on this replica; one more is 503',
  },
  {
    name: 'SYSTEM_STREAMS',
    default: '20',
    about: 'open streams of one system on this replica; one more is 429',
  },
  {
    name: 'REQUEST_SECONDS',
    default: '30',
    about: 'how long a request may take to arrive, headers and body; then 408',
  },
  { name: 'DRAIN_SECONDS', default: '25', about: 'how long SIGTERM waits for requests in flight' },
] as const satisfies readonly Variable[];

export interface ConnectionLimits {
  readonly max: number;
  /** From one source (an IPv4 address, the /64 of an IPv6 address) that is not a trusted proxy. */
  readonly perAddress: number;
}

/** Open streams (SSE, NDJSON) of one replica. */
export interface StreamLimits {
  readonly max: number;
  readonly perSystem: number;
}

export interface LimitsConfig {
  readonly logLevel: string;
  /** Requests per second and address, before authentication. */
  readonly addressRate: number;
  readonly connections: ConnectionLimits;
  readonly streams: StreamLimits;
  /** Milliseconds that a request may take to arrive, headers and body. */
  readonly requestTimeout: number;
  /** Milliseconds to drain on SIGTERM. */
  readonly drainTimeout: number;
}

const LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];

export function readLimits(read: Reader<NameOf<typeof limitVariables>>): LimitsConfig {
  const logLevel = read.text('LOG_LEVEL')!;
  if (!LEVELS.includes(logLevel)) read.fail('LOG_LEVEL', `must be one of ${LEVELS.join(', ')}`);
  return {
    logLevel,
    addressRate: read.integer('ADDRESS_RATE', 1, 1_000_000),
    connections: {
      max: read.integer('MAX_CONNECTIONS', 1, 1_000_000),
      perAddress: read.integer('ADDRESS_CONNECTIONS', 1, 1_000_000),
    },
    streams: {
      max: read.integer('MAX_STREAMS', 1, 1_000_000),
      perSystem: read.integer('SYSTEM_STREAMS', 1, 1_000_000),
    },
    requestTimeout: read.integer('REQUEST_SECONDS', 1, 3600) * 1000,
    drainTimeout: read.integer('DRAIN_SECONDS', 1, 3600) * 1000,
  };
}
