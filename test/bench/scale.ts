/**
 * A catalogue as large as a country's: how long it takes to check, to start on, and to decide by. The start is timed
 * from the process to its readiness, on a PostgreSQL that runs.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { loadCatalog } from '../../gateway/catalog/load.ts';
import type { Options } from './options.ts';
import type { Report } from './report.ts';
import { LARGE, SMALL, writeLargeCatalogue } from './scale/contracts.ts';
import { measureLookups } from './scale/lookups.ts';
import { timeCheck, timeStart } from './scale/start.ts';
import { figure, megabytes } from './table.ts';
import type { World } from './world.ts';

/** Of issue 3, in seconds. */
const MOST = { check: 15, cold: 12, warm: 5 };
/** Of the small catalogue's rate. */
const LEAST_RATE = 0.95;

export async function measureScale(world: World, { rounds }: Options): Promise<Report> {
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
  const warm = await timeStart(start);

  const small = await loadCatalog(await writeLargeCatalogue(join(world.directory, 'small'), SMALL));
  const large = await loadCatalog(catalogue);
  const rates = measureLookups(small, large, 2 * rounds + 1);
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
        title: 'Decisions of authorise',
        head: ['', 'a second'],
        rows: [
          [`${SMALL.agreements} agreements`, figure(rates.small)],
          [`${figure(LARGE.agreements)} agreements`, figure(rates.large)],
          [`${figure(LARGE.agreements)} agreements, callers of all of them in turn`, figure(rates.spread)],
        ],
      },
    ],
    notes: [
      'The last row is memory, not search: every call comes for another system, service and agreement.',
    ],
    marks: [
      { name: 'check of the large catalogue', value: check, unit: ' s', atMost: MOST.check },
      { name: 'cold start on it', value: cold.seconds, unit: ' s', atMost: MOST.cold },
      { name: 'start with a cache', value: warm.seconds, unit: ' s', atMost: MOST.warm },
      {
        name: 'decisions a second, large beside small',
        value: rates.large / rates.small,
        atLeast: LEAST_RATE,
      },
    ],
  };
}
