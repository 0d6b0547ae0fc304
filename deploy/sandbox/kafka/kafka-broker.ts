import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { watchdog } from '../processes/watchdog.ts';
import { runTool } from './java.ts';

export interface BrokerOptions {
  /** Made when missing: configuration, log, and the broker's data. */
  directory: string;
  classPath: string;
  /** The lines of server.properties, `log.dirs` left out. */
  properties: Readonly<Record<string, string>>;
  clusterId: string;
  /** SCRAM credentials to create with the storage, as kafka-storage's `--add-scram` takes them. */
  scram: readonly string[];
  /** Directories to remove should this process be killed. */
  remove: readonly string[];
}

// A short life on a small machine: quick to start, and small.
const JVM = ['-Xmx384m', '-Xms128m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xshare:auto'];

const LOG4J = `
rootLogger.level = WARN
rootLogger.appenderRef.out.ref = out
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d{ISO8601} %p %c{1} %m%n
`;

/** Writes the broker's configuration, and formats its storage unless it has been. */
export async function prepareBroker(options: BrokerOptions): Promise<void> {
  const { directory, clusterId, scram } = options;
  const data = join(directory, 'data');
  await mkdir(data, { recursive: true });
  const lines = Object.entries({ ...options.properties, 'log.dirs': data }).map(
    // A backslash is this format's escape character.
    ([key, value]) => `${key}=${value.replaceAll('\\', '\\\\')}`,
  );
  await writeFile(propertiesFile(directory), `${lines.join('\n')}\n`, { mode: 0o600 });
  await writeFile(join(directory, 'log4j2.properties'), LOG4J);

  const formatted = await access(join(data, 'meta.properties')).then(
    () => true,
    () => false,
  );
  if (formatted) return;
  await runTool('java', [
    ...jvm(options),
    ...[
      'kafka.tools.StorageTool',
      'format',
      '--config',
      propertiesFile(directory),
      '--cluster-id',
      clusterId,
    ],
    ...scram.flatMap((one) => ['--add-scram', one]),
  ]);
}

/**
 * Starts the process of a prepared broker, in a process group of its own, watched. It is not ready yet.
 *
 * Its log is `broker.log` in its directory.
 */
export async function launchBroker(options: BrokerOptions): Promise<ChildProcess> {
  const { directory, remove } = options;
  const log = await open(logFile(directory), 'a', 0o600);
  try {
    const broker = spawn('java', [...jvm(options), 'kafka.Kafka', propertiesFile(directory)], {
      cwd: directory,
      detached: true, // Ctrl-C in a terminal reaches this process only, which then stops the broker
      stdio: ['ignore', log.fd, log.fd],
    });
    await once(broker, 'spawn');
    broker.once('exit', watchdog({ pid: broker.pid!, signal: 'TERM', remove }));
    broker.unref();
    return broker;
  } finally {
    await log.close();
  }
}

/** The last lines of a broker's log, for the error of a failed start. */
export async function logTail(directory: string): Promise<string> {
  const text = await readFile(logFile(directory), 'utf8').catch(() => '');
  return text.split('\n').slice(-30).join('\n');
}

function jvm({ classPath, directory }: BrokerOptions): string[] {
  const log4j = `-Dlog4j2.configurationFile=${join(directory, 'log4j2.properties')}`;
  return [...JVM, log4j, '-cp', classPath];
}

const propertiesFile = (directory: string) => join(directory, 'server.properties');
const logFile = (directory: string) => join(directory, 'broker.log');
