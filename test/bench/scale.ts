/**
 * A catalogue as large as a country's: how long it takes to check and to start on, and what look-ups cost on it. The start
 * is timed from the process to its readiness, on a PostgreSQL that runs.
 */
import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ROUND_HEAD, roundCells } from './load/cells.ts';
import type { Round } from './load/load.ts';
import type { Options } from './options.ts';
import type { Report } from './report.ts';
import { CALLERS, LARGE, SMALL, writeLargeCatalogue } from './scale/contracts.ts';
import { measureLookups } from './scale/lookups.ts';
import { timeCheck, timeStart } from './scale/start.ts';
import { median } from './statistics.ts';
import { figure, megabytes } from './table.ts';
import type { World } from './world.ts';

/** Of issue 3, in seconds. */
const MOST = { check: 15, cold: 12, warm: 5 };
/** Of the small catalogue's rate. */
const LEAST_RATE = 0.95;

export async function measureScale(world: World, options: Options): Promise<Report> {
  const catalogue = await writeLargeCatalogue(join(world.directory, 'large'), LARGE);
  const start = {
    catalogue,
    databaseUrl: await world.freshDatabase('scale'),
    cacheDir: join(world.directory, 'catalogue-cache'),
    masterKey: randomBytes(32).toString('base64url'),
  };
  // The first start makes the tables too: an operator's does so once.
  await timeStart({ ...start, cacheDir: join(world.directory, 'no-cache') });
  const check = await timeCheck(catalogue);
  const cold = await timeStart(start);
  if ((await readdir(start.cacheDir)).length === 0) throw new Error('the cold start kept no catalogue');
  const warm = await timeStart(start);

  const small = await writeLargeCatalogue(join(world.directory, 'small'), SMALL);
  const { rounds, seconds, warmUp } = options;
  const lookups = await measureLookups(
    world,
    { small, large: catalogue },
    {
      // Many short turns: what disturbs the machine for a moment disturbs few of them.
      rounds: 4 * rounds,
      seconds: seconds / 2,
      warmUp,
      variables: { MASTER_KEY: start.masterKey, CATALOGUE_CACHE_DIR: start.cacheDir },
    },
  );
  const within = (value: (round: Round) => number | undefined) =>
    median(
      lookups.large.map(
        (round, turn) => (value(round) ?? Number.NaN) / (value(lookups.small[turn]!) ?? Number.NaN),
      ),
    );
  const cpu = (micros: number | undefined) => figure(micros && micros / 1e6, 1);
  return {
    tables: [
      {
        title: `${figure(LARGE.agreements)} agreements, ${LARGE.systems} systems, ${LARGE.services} services`,
        head: ['', 'seconds', 'CPU seconds', 'resident MB'],
        rows: [
          ['lienthong check', figure(check, 1), '—', '—'],
          ...(
            [
              ['start, cold', cold],
              ['start, with a cache', warm],
            ] as const
          ).map(([name, { seconds, usage }]) => [
            name,
            figure(seconds, 1),
            cpu(usage?.cpuMicros),
            megabytes(usage?.residentBytes),
          ]),
        ],
      },
      {
        title: `Look-ups over HTTP, 64 connections, ${CALLERS} callers under as many agreements`,
        head: ['', ...ROUND_HEAD],
        rows: [
          [`${SMALL.agreements} agreements`, ...roundCells(lookups.small)],
          [`${figure(LARGE.agreements)} agreements`, ...roundCells(lookups.large)],
        ],
      },
    ],
    notes: [
      `large beside small, medians of ${lookups.small.length} turns: rate ${figure(
        within((round) => round.perSecond),
        3,
      )}, CPU for a request ${figure(
        within((round) => round.cpuMicros),
        3,
      )}`,
    ],
    marks: [
      { name: 'check of the large catalogue', value: check, unit: ' s', atMost: MOST.check },
      { name: 'cold start on it', value: cold.seconds, unit: ' s', atMost: MOST.cold },
      { name: 'start with a cache', value: warm.seconds, unit: ' s', atMost: MOST.warm },
      {
        name: 'look-ups a second, large beside small',
        value: within((round) => round.perSecond),
        atLeast: LEAST_RATE,
      },
    ],
  };
}
