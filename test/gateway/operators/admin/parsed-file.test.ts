import { mkdtemp, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { parsedFile } from '../../../../gateway/operators/admin/parsed-file.ts';

/** A file that is read by `ask`; `parsed` are the texts that were. */
async function world(t: Test) {
  const directory = await mkdtemp(join(tmpdir(), 'lienthong-parsed-'));
  t.teardown(() => rm(directory, { recursive: true }));
  const path = join(directory, 'operators.yaml');
  const clock = { ahead: 60_000 };
  const parsed: string[] = [];
  const ask = parsedFile(
    path,
    (text) => {
      parsed.push(text);
      if (text === 'broken') throw new Error('it is broken');
      return text;
    },
    () => Date.now() + clock.ahead,
  );
  return { directory, path, clock, parsed, ask };
}

t.test('a file that stays is read once, and one that changes at once', async (t) => {
  const { directory, path, parsed, ask } = await world(t);
  await writeFile(path, 'one');
  for (let i = 0; i < 20; i++) t.equal(await ask(), 'one');
  t.strictSame(parsed.splice(0), ['one']);

  // The same size, the same time of writing.
  const past = new Date('2026-01-01');
  await utimes(path, past, past);
  await ask();
  await writeFile(path, 'two');
  await utimes(path, past, past);
  t.equal(await ask(), 'two');
  t.equal(await ask(), 'two');
  t.strictSame(parsed.splice(0), ['one', 'two']);

  const other = join(directory, 'other');
  await writeFile(other, 'six');
  await rename(other, path);
  t.equal(await ask(), 'six', 'another file in its place');
  await rm(path);
  await writeFile(join(directory, 'behind'), 'ten');
  await symlink('behind', path);
  t.equal(await ask(), 'ten', 'behind a link');
});

t.test('a file that changed just now is read each time', async (t) => {
  const { path, clock, parsed, ask } = await world(t);
  clock.ahead = 0;
  await writeFile(path, 'one');
  await ask();
  await ask();
  t.equal(parsed.length, 2);
});

t.test('a broken file is parsed once, and one that is gone is not what it was', async (t) => {
  const { path, parsed, ask } = await world(t);
  await writeFile(path, 'broken');
  for (let i = 0; i < 3; i++) await t.rejects(ask(), { message: 'it is broken' });
  t.equal(parsed.length, 1);
  await writeFile(path, 'sound');
  t.equal(await ask(), 'sound');
  await rm(path);
  await t.rejects(ask(), { code: 'ENOENT' });
});
