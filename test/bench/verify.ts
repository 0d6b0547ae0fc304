/** What the gateway wrote down of the load, held against what the load generator counted. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Gateway } from './contestants/gateway.ts';
import { query } from './world.ts';

/**
 * Every answer has one durable row of evidence, one count in the metrics, one line in the log: no fewer, no more.
 * Stops the gateway.
 * @param answers 200s, by service key
 * @throws Error naming what differs
 */
export async function verify(
  gateway: Gateway,
  databaseUrl: string,
  answers: ReadonlyMap<string, number>,
): Promise<void> {
  const metrics = await (await fetch(gateway.metricsUrl)).text();
  await gateway.stop();
  const logged = await countLines(gateway.logFile);
  for (const [service, expected] of answers) {
    const [row] = await query<{ count: number }>(
      databaseUrl,
      `SELECT count(*)::int AS count FROM evidence
       WHERE service = $1 AND kind = 'disclosure' AND status = 200 AND code IS NULL
         AND request_digest IS NOT NULL AND response_digest IS NOT NULL AND fields IS NOT NULL`,
      [service],
    );
    const counted = {
      'rows of evidence': row?.count ?? 0,
      'requests in the metrics': requestsIn(metrics, service),
      'lines in the log': logged.get(service) ?? 0,
    };
    for (const [what, found] of Object.entries(counted)) {
      if (found !== expected) throw new Error(`${service}: ${expected} answers, but ${found} ${what}`);
    }
  }
}

function requestsIn(metrics: string, service: string): number {
  return metrics
    .split('\n')
    .filter((line) => line.startsWith('lienthong_requests_total{'))
    .filter((line) => line.includes(`service="${service}"`) && line.includes('outcome="ok"'))
    .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

/** Lines of calls that were answered, by service. */
async function countLines(file: string): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for await (const line of createInterface({ input: createReadStream(file) })) {
    if (!line.includes('"outcome":"ok"')) continue;
    const { service = '' }: { service?: string } = JSON.parse(line);
    counts.set(service, (counts.get(service) ?? 0) + 1);
  }
  return counts;
}
