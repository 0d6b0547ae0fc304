/** The bench runs for minutes and by hand: here only that each look-up can be measured, and nothing of how fast it is. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { loadCatalog } from '../../gateway/catalog/live/load.ts';
import { SMALL, writeLargeCatalogue } from '../bench/scale/contracts.ts';
import { startNode } from '../support/process.ts';

const BENCH = fileURLToPath(new URL('../bench/run.ts', import.meta.url));

t.test('npm run bench -- --trial: every kind of look-up answers, and all of it is recorded', async (t) => {
  const only = ['lookup', 'population', 'bound'].flatMap((subject) => ['--only', subject]);
  const bench = startNode(t, [BENCH, '--trial', ...only]);
  t.equal((await bench.ended).code, 0, bench.output);
  for (const row of ['a ', 'b ', 'b2', 'd ', 'f ', 'g ', 'h ']) t.match(bench.output, `\n  ${row}`);
  t.match(bench.output, /business\.enterprise\.lookup@1: [\d,]+ answers, as many rows of evidence/);
});

t.test('the catalogue of the bench, which is large there, is sound', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'lienthong-scale-'));
  t.teardown(() => rm(directory, { recursive: true }));
  const { contractsDir, schemasDir, callers } = await writeLargeCatalogue(directory, {
    ...SMALL,
    agreements: 512,
  });
  const { agreements } = await loadCatalog({ contractsDir, schemasDir });
  t.equal(agreements.size, 512);
  t.ok(callers.length > 0);
});
