/** The limits of one replica: for requests, connections and streams, and for the time of a request. */
import { integer, seconds } from '../../adapters/config/parsers.ts';
import type { Owner, Parse, Reader } from '../../adapters/config/variables.ts';

const LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];

const level: Parse<string> = (value, report) => {
  if (!LEVELS.includes(value)) report.fail(`must be one of ${LEVELS.join(', ')}`);
  return value;
};

export const limits = {
  title: 'Limits of one replica',
  variables: [
    {
      name: 'LOG_LEVEL',
      default: 'info',
      about: 'fatal, error, warn, info, debug, trace or silent',
      parse: level,
    },
    {
      name: 'ADDRESS_RATE',
      default: '5000',
      about: 'requests per second from one address, before authentication',
      parse: integer(1, 1_000_000),
    },
    {
      name: 'MAX_CONNECTIONS',
      default: '10000',
      about: "open connections on the agencies' port; one more is closed at once",
      parse: integer(1, 1_000_000),
    },
    {
      name: 'ADDRESS_CONNECTIONS',
      default: '2000',
      about:
        'open connections from one address, so that it cannot take all; trusted proxies have no such limit',
      parse: integer(1, 1_000_000),
    },
    {
      name: 'MAX_STREAMS',
      default: '2000',
      about: 'open streams (server-sent events, snapshots) on this replica; one more is 503',
      parse: integer(1, 1_000_000),
    },
    {
      name: 'SYSTEM_STREAMS',
      default: '20',
      about: 'open streams of one system on this replica; one more is 429',
      parse: integer(1, 1_000_000),
    },
    {
      name: 'REQUEST_SECONDS',
      default: '30',
      about: 'how long a request may take to arrive, headers and body; then 408',
      parse: seconds(1, 3600),
    },
    {
      name: 'DRAIN_SECONDS',
      default: '25',
      about: 'how long SIGTERM waits for requests in flight',
      parse: seconds(1, 3600),
    },
  ],
} as const satisfies Owner;

export interface ConnectionLimits {
  readonly max: number;
  /** The most connections from one source (an IPv4 address, the /64 of an IPv6 address) that is not a trusted proxy. */
  readonly perAddress: number;
}

/** The most open streams (SSE, NDJSON) of one replica. */
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
  /** Milliseconds that SIGTERM waits for requests in flight. */
  readonly drainTimeout: number;
}

export function readLimits(read: Reader<typeof limits.variables>): LimitsConfig {
  return {
    logLevel: read.value('LOG_LEVEL'),
    addressRate: read.value('ADDRESS_RATE'),
    connections: {
      max: read.value('MAX_CONNECTIONS'),
      perAddress: read.value('ADDRESS_CONNECTIONS'),
    },
    streams: {
      max: read.value('MAX_STREAMS'),
      perSystem: read.value('SYSTEM_STREAMS'),
    },
    requestTimeout: read.value('REQUEST_SECONDS'),
    drainTimeout: read.value('DRAIN_SECONDS'),
  };
}
