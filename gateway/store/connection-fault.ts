/** Explains to an operator why PostgreSQL cannot be used, without any secret. */
import pgConnectionString from 'pg-connection-string';
import { isConnectError, isStoreError, storeCodeOf } from './origin.ts';

export interface ConnectionFault {
  readonly reason: string;
  /** May the fault pass by itself: a server that starts, a name that is not known yet, no free connection? */
  readonly passing: boolean;
}

interface Row {
  /** Prefix of a SQLSTATE, or Node's code. */
  readonly code: RegExp;
  readonly reason: (where: Target) => string;
  readonly passing: boolean;
  /** Only for a connection that could not be made: a statement's error with this code is a defect of the gateway. */
  readonly connecting?: true;
}

interface Target {
  /** `host:port` */
  readonly server: string;
  readonly user: string;
  readonly database: string;
}

const ROWS: readonly Row[] = [
  { code: /^ECONNREFUSED$/, reason: ({ server }) => `nobody listens at ${server}`, passing: true },
  { code: /^ENOENT$/, reason: ({ server }) => `there is no socket at ${server}`, passing: true },
  {
    code: /^(ENOTFOUND|EAI_AGAIN)$/,
    reason: ({ server }) => `the host of ${server} is not known`,
    passing: true,
  },
  {
    code: /^(ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ECONNRESET|EPIPE)$/,
    reason: ({ server }) => `${server} is not reached, or breaks the connection off`,
    passing: true,
  },
  { code: /^57P03$/, reason: ({ server }) => `${server} is starting or stopping`, passing: true },
  { code: /^57P/, reason: ({ server }) => `${server} is stopping`, passing: true },
  { code: /^53300$/, reason: ({ server }) => `all connections of ${server} are taken`, passing: true },
  { code: /^(53|58)/, reason: ({ server }) => `${server} lacks memory or disk`, passing: true },
  { code: /^(08|25006|55P03|57014)/, reason: ({ server }) => `${server} cannot serve now`, passing: true },
  { code: /^28P01$/, reason: ({ user }) => `the password of the role ${user} is refused`, passing: false },
  {
    code: /^28/,
    reason: ({ user, server }) =>
      `${server} refuses the role ${user}: it is not known, may not connect (pg_hba.conf), or TLS is asked for (sslmode=verify-full)`,
    passing: false,
  },
  { code: /^3D000$/, reason: ({ database }) => `there is no database ${database}`, passing: false },
  { code: /^42501$/, reason: ({ user }) => `the role ${user} lacks a right`, passing: false },
  {
    // Settings go with the first message to the server, whose error text may contain a setting's value.
    code: /^(42704|22023|42601|55P02)$/,
    reason: ({ server }) =>
      `${server} refuses a setting in the query of the address (such as options): it is not known, may not be set so, or its value is wrong`,
    passing: false,
    connecting: true,
  },
  {
    code: /(CERT|SIGNATURE|ISSUER|CRL)/,
    reason: ({ server }) => `the certificate of ${server} is not accepted: name its authority by sslrootcert`,
    passing: false,
  },
  {
    code: /^(EPROTO|ERR_SSL|ERR_TLS|ERR_OSSL)/,
    reason: ({ server }) => `${server} speaks no TLS that is accepted`,
    passing: false,
  },
];

/** Rows for the errors of node-postgres, which have a message and no code. */
const MESSAGES: readonly (Omit<Row, 'code'> & { readonly message: RegExp })[] = [
  {
    message: /does not support SSL/,
    reason: ({ server }) => `${server} speaks no TLS, and sslmode asks for it`,
    passing: false,
  },
  {
    message: /password must be a (non-empty )?string/,
    reason: () => 'a password is asked for, and it has none',
    passing: false,
  },
  {
    message: /^(Connection terminated|timeout e|PostgreSQL did not answer|Client has encountered)/,
    reason: ({ server }) => `${server} does not answer in time, or breaks the connection off`,
    passing: true,
  },
];

/** @returns `undefined` for an error that does not concern the connection, its rights or its server */
export function connectionFaultOf(error: unknown, url: string): ConnectionFault | undefined {
  if (!isStoreError(error)) return undefined;
  const target = targetOf(url);
  const code = storeCodeOf(error);
  const isMaking = isConnectError(error);
  const row = code ? ROWS.find((row) => row.code.test(code) && (isMaking || !row.connecting)) : undefined;
  if (row) return { reason: `${row.reason(target)} (${code})`, passing: row.passing };
  const known = MESSAGES.find(({ message }) => message.test(error.message));
  return known && { reason: known.reason(target), passing: known.passing };
}

/** The server of a URL, as node-postgres reads it; without the password. */
function targetOf(url: string): Target {
  const { host, port, user, database } = pgConnectionString.parse(url);
  const name = user || '(none)';
  return { server: `${host || 'localhost'}:${port || 5432}`, user: name, database: database || name };
}
