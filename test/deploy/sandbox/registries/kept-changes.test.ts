import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'tap';
import { startRegistries } from '../../../../deploy/sandbox/registries/start.ts';
import { control } from './clients.ts';

test('a second start knows the changes of the first, and draws others', async (t) => {
  const journal = join(t.testdir(), 'data', 'registries.ndjson');
  const first = await startRegistries({ journal });
  const drawn = [];
  for (const base of Object.values(first.control)) {
    drawn.push((await control(base, 'POST', 'changes', { count: 5 })).body.changes);
  }
  await first.close();
  t.equal(readFileSync(journal, 'utf8').trim().split('\n').length, 15);
  // Half a line: the process was killed.
  appendFileSync(journal, '{"registry":"popu');

  const { registries, control: at, close } = await startRegistries({ journal });
  t.teardown(close);
  const [persons, enterprises, parcels] = drawn;
  for (const { subject, version } of persons!) {
    t.equal(registries.population.versionOf(registries.population.find(subject)!), version);
  }
  for (const { subject, version } of enterprises!)
    t.equal(registries.business.find(subject)?.changes, version);
  for (const { subject, version } of parcels!) {
    const [communeCode = '', mapSheet = '', parcelNumber = ''] = subject.split('/');
    t.equal(registries.land.find(communeCode, mapSheet, parcelNumber)?.version, version);
  }
  for (const [position, base] of Object.values(at).entries()) {
    const more = (await control(base, 'POST', 'changes', { count: 5 })).body.changes;
    t.notSame(
      more.map(({ subject }) => subject),
      drawn[position]!.map(({ subject }) => subject),
    );
  }
  t.equal(readFileSync(journal, 'utf8').trim().split('\n').length, 31);
});

test('without a file changes are forgotten', async (t) => {
  const first = await startRegistries();
  const { body } = await control(first.control.business, 'POST', 'changes', {});
  const second = await startRegistries();
  t.teardown(() => Promise.all([first.close(), second.close()]));
  const { subject, version } = body.changes[0]!;
  t.equal(second.registries.business.find(subject)?.changes, version - 1);
});
