import { createHash } from 'node:crypto';
import { access, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { isAlive } from './is-alive.ts';
import { runTool } from './java.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const POM = join(ROOT, 'test', 'kafka', 'pom.xml');
const CACHE = join(ROOT, 'data', 'kafka', 'lib');
const LOCK_DEADLINE_MS = 300_000;

/**
 * The Java class path of a Kafka broker, of the version in test/kafka/pom.xml.
 *
 * Maven fetches it once, into data/kafka/lib. Starts that run at the same time wait for the first one's:
 * a local Maven repository is not made for two.
 */
export async function kafkaClassPath(): Promise<string> {
  const version = createHash('sha256')
    .update(await readFile(POM))
    .digest('hex')
    .slice(0, 12);
  const jars = join(CACHE, version);
  if (!(await exists(jars))) {
    await mkdir(CACHE, { recursive: true });
    await alone(`${jars}.lock`, async () => {
      if (!(await exists(jars))) await fetchJars(jars);
    });
  }
  return join(jars, '*');
}

// Fetched aside and renamed: a directory that has the name is complete.
async function fetchJars(to: string): Promise<void> {
  const aside = `${to}.${process.pid}`;
  try {
    await runTool('mvn', [
      ...['--batch-mode', '--quiet', '--file', POM, 'dependency:copy-dependencies'],
      ...['-DincludeScope=runtime', `-DoutputDirectory=${aside}`],
    ]);
    await rename(aside, to);
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

async function alone(lock: string, work: () => Promise<void>): Promise<void> {
  const deadline = Date.now() + LOCK_DEADLINE_MS;
  while (!(await tryLock(lock))) {
    if (Date.now() > deadline)
      throw new Error(`another process is still fetching Kafka; else remove ${lock}`);
    await wait(100);
  }
  try {
    await work();
  } finally {
    await rm(lock, { force: true });
  }
}

async function tryLock(lock: string): Promise<boolean> {
  try {
    await writeFile(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const holder = Number.parseInt(await readFile(lock, 'utf8').catch(() => ''), 10);
  if (holder > 0 && !isAlive(holder)) await rm(lock, { force: true });
  return false;
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
