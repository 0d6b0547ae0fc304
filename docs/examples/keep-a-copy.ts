/**
 * Keeps a PostgreSQL table in step with what an agreement may see of a registry. An example to read and to take from; it
 * knows the gateway by HTTP and Kafka only. docs/copies.md explains it.
 *
 *     npx node docs/examples/keep-a-copy.ts --from feed|kafka --registry business --entity enterprise \
 *       --gateway http://127.0.0.1:8080 --client G12.thue --key data/sandbox/keys/G12.thue.jwk.json \
 *       --database postgres://user@host/db [--brokers host:9092] [--check-seconds 300] [--gap-seconds 60] \
 *       [--header 'X-Purpose: quan-ly-thue']...      each header that the agreement requires with each request
 *
 *     start      a snapshot, piece by piece; after a crash it goes on after the last piece        (snapshot.ts)
 *     follow     changes, only higher versions; what was read is noted in the same transaction     (feed.ts, kafka.ts)
 *     check      the digest of the table against the gateway's; ranges that differ are replaced    (check.ts)
 *
 * A row that the table does not take is set aside, and tried again with each check (aside.ts).
 *
 * A gap, or a cursor that expired, begins again with a snapshot. It prints a JSON object a line.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { check } from './keep-a-copy/check.ts';
import { followFeed } from './keep-a-copy/feed.ts';
import { openGateway, readHeaders, StartAgain } from './keep-a-copy/gateway.ts';
import { followKafka } from './keep-a-copy/kafka.ts';
import { takeSnapshot } from './keep-a-copy/snapshot.ts';
import { openTable } from './keep-a-copy/table.ts';

const text = { type: 'string' } as const;
const { values: given } = parseArgs({
  options: {
    from: text,
    registry: text,
    entity: text,
    gateway: text,
    client: text,
    key: text,
    database: text,
    brokers: { ...text, default: 'localhost:9092' },
    'check-seconds': { ...text, default: '300' },
    'gap-seconds': { ...text, default: '60' },
    header: { ...text, multiple: true, default: [] },
  },
});

const from = given.from === 'kafka' ? 'kafka' : 'feed';
const { registry, entity, client } = given;
if (!registry || !entity || !client || !given.gateway || !given.key || !given.database) {
  throw new Error('--registry, --entity, --gateway, --client, --key and --database are needed');
}
const checkEvery = Number(given['check-seconds']) * 1000;
const gapAfter = Number(given['gap-seconds']) * 1000;
const log = (event: string, details: object = {}) =>
  console.log(JSON.stringify({ at: new Date().toISOString(), event, ...details }));

const declared = readHeaders(given.header);
const gateway = await openGateway({ url: given.gateway, client, keyFile: given.key, declared, log });
const table = await openTable(given.database, `${registry}/${entity}`, log);
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());

const common = { client, from, registry, entity, gateway, table, log, signal: stop.signal } as const;
const follow =
  from === 'kafka'
    ? () => followKafka({ ...common, brokers: given.brokers.split(','), gapAfter }, checkEvery, check)
    : () => followFeed(common, checkEvery, check);

while (!stop.signal.aborted) {
  try {
    const progress = await table.progress();
    if (!progress?.following) await takeSnapshot(common, progress);
    await follow();
  } catch (error) {
    if (stop.signal.aborted) break;
    log(error instanceof StartAgain ? 'start-again' : 'failed', { why: String(error) });
    if (error instanceof StartAgain) await table.startAgain();
    await wait(1000, undefined, { signal: stop.signal }).catch(() => {});
  }
}
await table.close();
// A consumer that could not leave its group in time would keep the process for as long as it tries. Nothing depends on it:
// what was applied is in the table, and offsets follow the table.
process.exit();
