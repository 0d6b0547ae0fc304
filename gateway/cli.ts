/** The command line: a table of commands, each a file of `commands/`, loaded when called. */

import type { Command } from './commands/command.ts';
import { restrictOutboundTls } from './http/tls.ts';

const commands: Readonly<Record<string, () => Promise<{ command: Command }>>> = {
  start: () => import('./commands/start.ts'),
  sandbox: () => import('./commands/sandbox.ts'),
  check: () => import('./commands/check.ts'),
  diff: () => import('./commands/diff.ts'),
  explain: () => import('./commands/explain.ts'),
  keys: () => import('./commands/keys.ts'),
  token: () => import('./commands/token.ts'),
  call: () => import('./commands/call.ts'),
  'verify-response': () => import('./commands/verify-response.ts'),
  'verify-delivery': () => import('./commands/verify-delivery.ts'),
  changes: () => import('./commands/changes.ts'),
  kafka: () => import('./commands/kafka.ts'),
};

/** Runs a command line (without `node` and the script). @returns the exit status */
export async function main(argv: readonly string[]): Promise<number> {
  const [name = 'help', ...args] = argv;
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!load) {
    const asked = ['help', '--help', '-h'].includes(name);
    (asked ? console.log : console.error)(await help(asked ? undefined : name));
    return asked ? 0 : 2;
  }
  // Commands carry credentials as the gateway does: to no server that speaks less.
  restrictOutboundTls();
  const { command } = await load();
  if (args.includes('--help') || args.includes('-h')) {
    console.log(`${command.summary}\n\nUsage: ${command.usage}`);
    return 0;
  }
  try {
    return await command.run(args);
  } catch (error) {
    if (error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')) {
      console.error(`${error.message}\n\nUsage: ${command.usage}`);
      return 2;
    }
    // A message made for people; a stack is for faults of ours.
    const expected =
      error instanceof Error &&
      ['CatalogError', 'ConfigError', 'CommandError', 'PermissionError', 'TokenError'].includes(error.name);
    console.error(expected ? error.message : error);
    return 1;
  }
}

async function help(unknown: string | undefined): Promise<string> {
  const lines = await Promise.all(
    Object.entries(commands).map(
      async ([name, load]) => `  ${name.padEnd(15)} ${(await load()).command.summary}`,
    ),
  );
  return `${unknown === undefined ? '' : `lienthong: there is no command "${unknown}"\n\n`}Usage: lienthong COMMAND [OPTIONS]\n\n${lines.join('\n')}\n\nlienthong COMMAND --help tells more.`;
}
