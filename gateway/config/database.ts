/** PostgreSQL: its address, the gateway's role, and the time that a start waits for the server. */
import pgConnectionString from 'pg-connection-string';
import { seconds } from '../../adapters/config/parsers.ts';
import type { Owner, Reader, Report } from '../../adapters/config/variables.ts';
import { codeOf } from './reader.ts';

export const database = {
  title: 'PostgreSQL',
  variables: [
    {
      name: 'DATABASE_URL',
      default: undefined,
      about: 'PostgreSQL 15+, direct or session-mode pooling; required',
      secret: true,
      parse: readUrl,
    },
    {
      name: 'DATABASE_OWNER_URL',
      default: undefined,
      about:
        'the same database as the role that owns its tables: for `lienthong migrate` alone, never for the gateway',
      secret: true,
      parse: readUrl,
    },
    {
      name: 'DATABASE_WAIT_SECONDS',
      default: '60',
      about: 'how long a start waits for a PostgreSQL that is not there yet; 0: not at all',
      parse: seconds(0, 3600),
    },
  ],
} as const satisfies Owner;

type Rows = typeof database.variables;

export interface DatabaseConfig {
  readonly databaseUrl: string;
  /** Milliseconds that a start waits for PostgreSQL. */
  readonly databaseWait: number;
}

const MODES = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full', 'no-verify'];
const FORM = 'must be postgres://user:password@host:port/database, with special characters percent-encoded';

export function readDatabase(read: Reader<Rows>): DatabaseConfig {
  const databaseUrl = read.required('DATABASE_URL');
  if (read.isSet('DATABASE_OWNER_URL')) {
    read.warn('DATABASE_OWNER_URL', 'is for `lienthong migrate` alone: who has it may rewrite evidence');
  }
  return { databaseUrl, databaseWait: read.value('DATABASE_WAIT_SECONDS') };
}

function readUrl(text: string, report: Report): string {
  const url = tightenSslMode(text);
  const reason = faultOf(url);
  if (reason !== undefined) report.fail(reason);
  return url;
}

/**
 * Replaces the modes of libpq that encrypt without verifying the server or its name by `verify-full`. node-postgres treats these modes as
 * `verify-full` too, but logs a long warning that a later release will not.
 */
function tightenSslMode(url: string): string {
  return url.replaceAll(/([?&]sslmode=)(?:prefer|require|verify-ca)(?=[&#]|$)/g, '$1verify-full');
}

/** The TLS parameters that node-postgres reads; it ignores all others. The names are case-sensitive, as in libpq. */
const TLS_PARAMETERS = ['ssl', 'sslmode', 'sslrootcert', 'sslcert', 'sslkey', 'sslnegotiation'];
/** Parameters of libpq that node-postgres ignores, each with the values that require a protection. */
const REQUIRING = /^(channel_binding|gssencmode)=require$|^(require_?auth|requirepeer)=/;

/** Does the parameter ask for a protection that node-postgres ignores (`sslMode=verify-full`, `tls=true`)? */
function asksForProtection(name: string, value: string): boolean {
  if (TLS_PARAMETERS.includes(name)) return false;
  return /ssl|tls/i.test(name) || REQUIRING.test(`${name}=${value}`);
}

/**
 * The fault of a database's address, a message without any part of the address, which holds a password.
 * @returns `undefined` for a valid address
 */
function faultOf(url: string): string | undefined {
  if (!/^postgres(ql)?:\/\//.test(url) || !URL.canParse(url.replace('@/', '@socket/'))) return FORM;
  const parameters = new URL(url.replace('@/', '@socket/')).searchParams;
  const [mode, ...more] = parameters.getAll('sslmode');
  // libpq and node-postgres use the last one, while an operator may read the first.
  if (more.length > 0) return 'sslmode is given more than once';
  // node-postgres ignores a mode that it does not know.
  if (mode !== undefined && !MODES.includes(mode)) return `sslmode must be one of ${MODES.join(', ')}`;
  const ignored = [...parameters].find(([name, value]) => asksForProtection(name, value));
  if (ignored) return `${ignored[0]} has no effect here: TLS is asked for by sslmode=verify-full`;
  if (mode !== undefined && parameters.has('ssl')) return 'ssl is given beside sslmode: sslmode alone';
  if (url.includes('#')) return FORM;
  if (parameters.has('uselibpqcompat')) {
    return 'uselibpqcompat is not taken: sslmode=verify-full checks who answers, sslmode=no-verify does not';
  }
  try {
    pgConnectionString.parse(url);
    return undefined;
  } catch (error) {
    const isOfFile = error instanceof Error && 'syscall' in error;
    return isOfFile
      ? `a file that it names (sslrootcert, sslcert, sslkey) cannot be read (${codeOf(error)})`
      : FORM;
  }
}

/** The configuration of `lienthong migrate`. */
export interface MigrationConfig {
  /** The owner's address, and the variable that holds it. */
  readonly ownerUrl: string;
  readonly ownerVariable: 'DATABASE_OWNER_URL' | 'DATABASE_URL';
  /** The role of the gateway; `undefined`: the gateway uses the owner's role. */
  readonly gateway: { readonly name: string; readonly password: string | undefined } | undefined;
  readonly databaseWait: number;
}

/** The gateway's role is the user of `DATABASE_URL`, if `DATABASE_OWNER_URL` names another user. */
export function readMigration(read: Reader<Rows>): MigrationConfig {
  const ownerVariable = read.isSet('DATABASE_OWNER_URL') ? 'DATABASE_OWNER_URL' : 'DATABASE_URL';
  const ownerUrl = read.required(ownerVariable);
  const gatewayUrl = read.required(
    'DATABASE_URL',
    'is required: its role is given the rights of the gateway',
  );
  return {
    ...{ ownerUrl, ownerVariable, gateway: gatewayRole(read, ownerUrl, gatewayUrl) },
    databaseWait: read.value('DATABASE_WAIT_SECONDS'),
  };
}

function gatewayRole(read: Reader<Rows>, ownerUrl: string, gatewayUrl: string): MigrationConfig['gateway'] {
  if (gatewayUrl === '' || faultOf(gatewayUrl) !== undefined || faultOf(ownerUrl) !== undefined)
    return undefined;
  const [owner, gateway] = [ownerUrl, gatewayUrl].map((url) => pgConnectionString.parse(url)) as [
    pgConnectionString.ConnectionOptions,
    pgConnectionString.ConnectionOptions,
  ];
  refuseOtherDatabase(read, owner, gateway);
  if (owner.user === gateway.user) return undefined;
  if (!gateway.user) return read.fail('DATABASE_URL', 'names no role');
  return { name: gateway.user, password: gateway.password || undefined };
}

/**
 * Refuses two names of databases, because the migrations of one database do not prepare the other. Two addresses of servers are only a
 * warning, because one may be the address of a pooler.
 */
function refuseOtherDatabase(
  read: Reader<Rows>,
  owner: pgConnectionString.ConnectionOptions,
  gateway: pgConnectionString.ConnectionOptions,
): void {
  const [one, other] = [owner, gateway].map(({ database, user }) => database || user);
  if (one !== other) {
    read.fail('DATABASE_URL', 'names another database than DATABASE_OWNER_URL');
  } else if (serverOf(owner) !== serverOf(gateway)) {
    read.warn('DATABASE_URL', 'names another server than DATABASE_OWNER_URL: is it a pooler of that one?');
  }
}

function serverOf({ host, port }: pgConnectionString.ConnectionOptions): string {
  const isLoopback = !host || ['127.0.0.1', '::1'].includes(host);
  return `${isLoopback ? 'localhost' : host.toLowerCase()}:${port || 5432}`;
}
