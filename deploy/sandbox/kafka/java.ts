import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';

const INSTALL = 'Debian: apt-get install openjdk-17-jre-headless maven';

/** The software that Kafka needs and this machine lacks, with the command that installs it; undefined: none. */
export function missingForKafka(): string | undefined {
  const java = spawnSync('java', ['-version'], { encoding: 'utf8' });
  if (java.error) return `Java is not installed (Kafka needs 17 or newer). ${INSTALL}`;
  const version = Number(/version "(\d+)/.exec(java.stderr)?.[1]);
  if (!(version >= 17))
    return `Kafka needs Java 17 or newer; this is ${java.stderr.split('\n')[0]}. ${INSTALL}`;
  if (spawnSync('mvn', ['--version']).error) return `Maven is not installed: it fetches Kafka. ${INSTALL}`;
  return undefined;
}

const execute = promisify(execFile);

/** Runs a tool to its end; rejects with everything it printed when it fails. */
export async function runTool(command: string, args: readonly string[]): Promise<string> {
  try {
    return (await execute(command, args, { maxBuffer: 16 * 1024 * 1024 })).stdout;
  } catch (cause) {
    const {
      stdout = '',
      stderr = '',
      message,
    } = cause as { stdout?: string; stderr?: string; message: string };
    const [summary] = message.split('\n', 1); // the rest repeats stderr
    throw new Error(`${summary}\n${stdout}${stderr}`, { cause });
  }
}
