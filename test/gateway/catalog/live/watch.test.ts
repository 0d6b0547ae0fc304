import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { watchDirectories } from '../../../../gateway/catalog/live/watch.ts';
import { createLog } from '../../../../gateway/telemetry/log.ts';
import { until } from '../../../support/until.ts';

const HOUR = 3_600_000;
const log = createLog('silent');

/** A watch that polls once an hour and relies on events, or a watch that only polls. */
async function open(
  t: Test,
  options: { directory?: string; pollEvery?: number; succeed?: () => boolean } = {},
) {
  const root = await mkdtemp(join(tmpdir(), 'lienthong-watch-'));
  t.teardown(() => rm(root, { recursive: true, force: true }));
  const directory = join(root, options.directory ?? 'agreements');
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'a.yaml'), 'one');
  let calls = 0;
  const watch = () => {
    const stop = watchDirectories({
      directories: [directory],
      changed: async () => {
        calls++;
        return options.succeed?.() ?? true;
      },
      log,
      quietTime: 5,
      pollEvery: options.pollEvery ?? HOUR,
    });
    t.teardown(stop);
    return stop;
  };
  const noticed = async (work: () => Promise<unknown>) => {
    const before = calls;
    await work();
    await until(() => calls > before);
    t.pass('noticed');
  };
  return { root, directory, watch, noticed, calls: () => calls };
}

const ways: [string, (directory: string, root: string) => Promise<unknown>][] = [
  ['written in place, same length', (directory) => writeFile(join(directory, 'a.yaml'), 'two')],
  [
    'written beside and renamed, as editors do',
    async (directory) => {
      await writeFile(join(directory, '.a.yaml.swp'), 'two');
      await rename(join(directory, '.a.yaml.swp'), join(directory, 'a.yaml'));
    },
  ],
  ['added', (directory) => writeFile(join(directory, 'b.yaml'), 'two')],
  ['removed', (directory) => rm(join(directory, 'a.yaml'))],
  [
    'the directory itself replaced',
    async (directory, root) => {
      await mkdir(join(root, 'next'));
      await writeFile(join(root, 'next', 'a.yaml'), 'two');
      await rename(directory, join(root, 'last'));
      await rename(join(root, 'next'), directory);
    },
  ],
];

for (const [name, change] of ways) {
  for (const [how, pollEvery] of [
    ['notified by the file system', HOUR],
    ['found by looking', 20],
  ] as const) {
    t.test(`${name}: ${how}`, async (t) => {
      const { root, directory, watch, noticed } = await open(t, { pollEvery });
      await noticed(async () => watch());
      await noticed(() => change(directory, root));
      // What lies there now is watched too.
      await noticed(() => writeFile(join(directory, 'c.yaml'), 'three'));
    });
  }
}

t.test('Kubernetes: files are links through ..data, which is replaced by a rename', async (t) => {
  const { directory, watch, noticed } = await open(t);
  await rm(join(directory, 'a.yaml'));
  const publish = async (revision: string, text: string) => {
    await mkdir(join(directory, revision));
    await writeFile(join(directory, revision, 'a.yaml'), text);
    await symlink(revision, join(directory, '..data_tmp'));
    await rename(join(directory, '..data_tmp'), join(directory, '..data'));
  };
  await publish('..2026_01', 'one');
  await symlink('..data/a.yaml', join(directory, 'a.yaml'));
  await noticed(async () => watch());
  await noticed(() => publish('..2026_02', 'two'));
  await noticed(() => publish('..2026_03', 'three'));
});

t.test('a link that leads to the whole release', async (t) => {
  const { root, directory, watch, noticed } = await open(t, { directory: 'releases/1/agreements' });
  const current = join(root, 'current');
  await symlink('releases/1', current);
  const stop = watchDirectories({
    directories: [join(current, 'agreements')],
    changed: async () => {
      seen++;
      return true;
    },
    log,
    quietTime: 5,
    pollEvery: HOUR,
  });
  t.teardown(stop);
  let seen = 0;
  await until(() => seen === 1);
  await mkdir(join(root, 'releases', '2', 'agreements'), { recursive: true });
  await writeFile(join(root, 'releases', '2', 'agreements', 'a.yaml'), 'two');
  await symlink('releases/2', join(root, 'next'));
  await rename(join(root, 'next'), current);
  await until(() => seen === 2);
  t.pass('noticed');
  await noticed(async () => watch());
  await noticed(() => writeFile(join(directory, 'a.yaml'), 'other'));
});

t.test('a failed reload is tried again, a successful one is not', async (t) => {
  let succeed = false;
  const { watch, calls, directory, noticed } = await open(t, { pollEvery: 10, succeed: () => succeed });
  watch();
  await until(() => calls() >= 3);
  succeed = true;
  await until(() => calls() >= 4);
  await noticed(() => writeFile(join(directory, 'a.yaml'), 'four'));
});

t.test('a directory that is not there yet', async (t) => {
  const { directory, root, watch, noticed } = await open(t, { pollEvery: 20 });
  await rename(directory, join(root, 'away'));
  await noticed(async () => watch());
  await noticed(() => rename(join(root, 'away'), directory));
  const stop = watch();
  await stop();
});
