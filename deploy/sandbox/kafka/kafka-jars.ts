import { join } from 'node:path';
import { fetchOnce } from '../fetch-once.ts';
import { runTool } from './java.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const POM = join(ROOT, 'test', 'kafka', 'pom.xml');

/** The Java class path of a Kafka broker, of the version in test/kafka/pom.xml. Maven fetches it once. */
export async function kafkaClassPath(): Promise<string> {
  const jars = await fetchOnce(join(ROOT, 'data', 'kafka', 'lib'), [POM], async (to) => {
    await runTool('mvn', [
      ...['--batch-mode', '--quiet', '--file', POM, 'dependency:copy-dependencies'],
      ...['-DincludeScope=runtime', `-DoutputDirectory=${to}`],
    ]);
  });
  return join(jars, '*');
}
