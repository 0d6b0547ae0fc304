/**
 * The command line: a table of commands. Each is a file of `commands/`, which is loaded when the command is called. Standard output is for
 * programs, standard error for people; `commands/terminal/command.ts` has the exit statuses.
 */
import { readFile } from 'node:fs/promises';
import { endOnClosedPipe } from './commands/terminal/closed-pipe.ts';
import { type Command, exitStatus } from './commands/terminal/command.ts';
import { failureOf } from './commands/terminal/failure.ts';
import { restrictOutboundTls } from './net/tls.ts';

interface Entry {
  /** One line. */
  readonly summary: string;
  load(): Promise<{ readonly command: Command }>;
}

const commands: Readonly<Record<string, Entry>> = {
  start: {
    summary: 'run the gateway, configured by the environment (docs/operators/configuration.md)',
    load: () => import('./commands/start.ts'),
  },
  migrate: {
    summary:
      'bring the database to the newest schema, as its owner, and give the gateway’s own role its rights',
    load: () => import('./commands/migrate.ts'),
  },
  sandbox: {
    summary:
      'run the sandbox: PostgreSQL, simulated registries, the gateway; "sandbox samples" prints subjects to try',
    load: () => import('./commands/sandbox.ts'),
  },
  check: {
    summary: 'check contracts, agreements and agencies without starting',
    load: () => import('./commands/check.ts'),
  },
  diff: {
    summary: 'compare two directories of contracts: who gains and loses what, what breaks callers',
    load: () => import('./commands/diff.ts'),
  },
  explain: {
    summary: 'say which agreement decides a call, and why it is allowed or refused',
    load: () => import('./commands/explain.ts'),
  },
  keys: {
    summary: "keys generate: make a system's key pair; prints the public JWK Set for its agency file",
    load: () => import('./commands/keys.ts'),
  },
  token: {
    summary: 'get an access token for a system and print it',
    load: () => import('./commands/token.ts'),
  },
  call: { summary: 'call a service and print the answer', load: () => import('./commands/call.ts') },
  'verify-response': {
    summary: "verify the gateway's signature on a saved response",
    load: () => import('./commands/verify-response.ts'),
  },
  'verify-delivery': {
    summary: "verify the gateway's signature on a saved webhook delivery",
    load: () => import('./commands/verify-delivery.ts'),
  },
  changes: {
    summary: 'changes tail: print changes as they arrive; changes replay: have them sent again',
    load: () => import('./commands/changes.ts'),
  },
  kafka: {
    summary: 'print the access rules (ACLs) that Kafka should have: "kafka acls"',
    load: () => import('./commands/kafka.ts'),
  },
  operators: {
    summary: 'operators token: make an operator’s token, and its entry for OPERATORS_FILE',
    load: () => import('./commands/operators.ts'),
  },
};

/** The names of all commands. */
export const commandNames: readonly string[] = Object.keys(commands);

/** Runs a command line (without `node` and the script). @returns the exit status */
export async function main(argv: readonly string[]): Promise<number> {
  const withStack = argv.includes('--stack');
  const [name, ...args] = argv.filter((argument) => argument !== '--stack');
  if (name === undefined || ['help', '--help', '-h'].includes(name)) {
    endOnClosedPipe(false);
    console.log(help());
    return exitStatus.done;
  }
  if (name === '--version' || name === '-V') {
    endOnClosedPipe(false);
    console.log(await version());
    return exitStatus.done;
  }
  const entry = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!entry) {
    const { orMeant } = await import('./commands/terminal/options.ts');
    console.error(
      `lienthong: there is no command "${name}"${orMeant(name, commandNames)} (lienthong --help lists them)`,
    );
    return exitStatus.badInput;
  }
  const { command } = await entry.load();
  endOnClosedPipe(command.serves?.(args) ?? false);
  if (args.includes('--help') || args.includes('-h')) {
    console.log(`${entry.summary}\n\nUsage: ${command.usage}`);
    return exitStatus.done;
  }
  // Commands carry credentials as the gateway does: to no server that speaks less.
  restrictOutboundTls();
  try {
    return await command.run(args);
  } catch (error) {
    const { message, status } = failureOf(error);
    console.error(`lienthong ${name}: ${message}`);
    if (withStack) console.error(error);
    return status;
  }
}

async function version(): Promise<string> {
  const text = await readFile(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}

function help(): string {
  const width = Math.max(...commandNames.map((name) => name.length));
  const lines = Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`);
  return [
    'Usage: lienthong COMMAND [OPTIONS]',
    '',
    ...lines,
    '',
    'lienthong COMMAND --help says more; lienthong --version prints the version. --stack, with any command, shows where it',
    'failed. Exit status: 0 done; 1 refused, or the answer is no; 2 something that was given cannot be used; 3 nobody answers;',
    '70 a fault of lienthong; 74 its output cannot be written; 141 its output was closed.',
  ].join('\n');
}
