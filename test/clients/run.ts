import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);
const DEADLINE_MS = 240_000;

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a tool to its end. @returns its standard output @throws with all that it printed, when it fails */
export async function run(
  command: string,
  args: readonly string[],
  { cwd, env }: RunOptions = {},
): Promise<string> {
  // tap puts a module of its own into every Node, which the tools need not have.
  const { NODE_OPTIONS, ...inherited } = process.env;
  try {
    const options = { cwd, env: { ...inherited, ...env }, maxBuffer: 64 * 1024 * 1024, timeout: DEADLINE_MS };
    return (await execute(command, args, options)).stdout;
  } catch (cause) {
    const { stdout = '', stderr = '' } = cause as { stdout?: string; stderr?: string };
    const said = `${stdout}${stderr}`.split('\n').slice(-80).join('\n');
    throw new Error(`${command} ${args[0] ?? ''} failed:\n${said}`, { cause });
  }
}
