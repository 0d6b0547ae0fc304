import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import {
  type LiveCatalog,
  openLiveCatalog,
  type Reload,
  type Swap,
} from '../../../../gateway/catalog/live/live.ts';
import { readSources } from '../../../../gateway/catalog/live/load.ts';
import { createLog } from '../../../../gateway/telemetry/log.ts';
import { type ContractsCopy, copyContracts, type Edits } from '../../../support/contracts.ts';

const desk = 'contracts/agreements/H26-motcua-one-stop-desk.yaml';
const narrower: Edits = { [desk]: (text) => text.replace('[/personalId, /fullName,', '[/fullName,') };
const broken: Edits = { [desk]: (text) => text.replace('/permanentResidence]', '/residence]') };

interface Setting {
  copy: ContractsCopy;
  live: LiveCatalog;
  outcomes: string[];
}

async function open(t: Test): Promise<Setting> {
  const copy = await copyContracts(t);
  const outcomes: string[] = [];
  const live = await openLiveCatalog({
    read: () => readSources(copy),
    log: createLog('silent'),
    onReload: ({ outcome }) => outcomes.push(outcome),
  });
  return { copy, live, outcomes };
}

const disclosedToDesk = (live: LiveCatalog) =>
  live.current().grants.get('H26.motcua')!.get('population.person.lookup@1')![0]!.fields.disclosed;

t.test('a changed file is swapped in; what began keeps what it had', async (t) => {
  const { copy, live, outcomes } = await open(t);
  const before = live.current();
  t.same(await live.reload('test'), { outcome: 'unchanged', digest: before.digest });
  t.equal(live.current(), before, 'nothing was compiled anew');

  await copy.edit(narrower);
  const { outcome, digest } = (await live.reload('test')) as Extract<Reload, { digest: string }>;
  t.equal(outcome, 'swapped');
  t.equal(live.current().digest, digest);
  t.not(digest, before.digest);
  t.notOk(disclosedToDesk(live).includes('/personalId'));
  t.ok(
    before.grants
      .get('H26.motcua')!
      .get('population.person.lookup@1')![0]!
      .fields.disclosed.includes('/personalId'),
    'the catalogue before is as it was',
  );
  t.same(outcomes, ['unchanged', 'swapped']);
});

t.test('a broken catalogue is refused with its errors and the old one stays', async (t) => {
  const { copy, live, outcomes } = await open(t);
  const before = live.current();
  await copy.edit(broken);
  const reload = await live.reload('test');
  const lines = (await readFile(join(copy.directory, desk), 'utf8')).split('\n');
  const line = lines.findIndex((text) => text.includes('/residence]')) + 1;
  t.match(reload, {
    outcome: 'refused',
    findings: [{ file: 'agreements/H26-motcua-one-stop-desk.yaml', line, message: /\/residence/ }],
  });
  t.equal(live.current(), before);
  await copy.edit({ [desk]: (text) => text.replace('/residence]', '/permanentResidence]') });
  t.match(await live.reload('test'), { outcome: 'unchanged' }, 'mended: the same as before');
  await copy.edit({ 'contracts/services/broken.yaml': () => 'service: [\n' });
  t.match(await live.reload('test'), { outcome: 'refused' });
  t.same(outcomes, ['refused', 'unchanged', 'refused']);
});

t.test('followers make all that belongs to a catalogue before any of it is put in place', async (t) => {
  const { copy, live } = await open(t);
  const before = live.current();
  const calls: string[] = [];
  let failing = true;
  live.follow(async (next) => {
    calls.push(`one makes ${next.digest === before.digest}`);
    return () => calls.push(`one places; current is ${live.current() === before ? 'old' : 'new'}`);
  });
  live.follow(async () => {
    if (failing) throw new Error('no outbox');
    return () => calls.push('two places');
  });
  await copy.edit(narrower);
  t.match(await live.reload('test'), { outcome: 'failed', error: { message: 'no outbox' } });
  t.equal(live.current(), before, 'called off');
  t.same(calls.splice(0), ['one makes false']);
  failing = false;
  t.match(await live.reload('test'), { outcome: 'swapped' });
  t.same(calls, ['one makes false', 'one places; current is old', 'two places']);
});

t.test('reloads asked for at once: one runs, the others share the next', async (t) => {
  const { copy, live, outcomes } = await open(t);
  await copy.edit(narrower);
  const reloads = await Promise.all(['a', 'b', 'c', 'd'].map((cause) => live.reload(cause)));
  t.same(
    reloads.map(({ outcome }) => outcome),
    ['swapped', 'unchanged', 'unchanged', 'unchanged'],
  );
  t.equal(reloads[1], reloads[3]);
  t.equal(outcomes.length, 2);
  await live.close();
  await copy.edit(broken);
  t.match(await live.reload('test'), { outcome: 'unchanged' }, 'closed');
});

t.test('each who asked for a swap is in its record, once', async (t) => {
  const { copy, live } = await open(t);
  const swaps: Swap[] = [];
  const gate = Promise.withResolvers<void>();
  const recording = Promise.withResolvers<void>();
  live.record(async (swap) => {
    swaps.push(swap);
    recording.resolve();
    await gate.promise;
    return 'evidence-1';
  });
  await copy.edit(narrower);
  const running = live.reload('file');
  await recording.promise;
  await copy.edit({ [desk]: (text) => `${text}\n# once more\n` });
  const waiting = [
    ...[live.reload('SIGHUP'), live.reload('admin', 'nguyen.van.an'), live.reload('SIGHUP')],
    ...[live.reload('admin', 'tran.thi.binh'), live.reload('admin', 'nguyen.van.an')],
  ];
  gate.resolve();
  await Promise.all([running, ...waiting]);
  const [an, binh] = ['nguyen.van.an', 'tran.thi.binh'].map((operator) => ({ cause: 'admin', operator }));
  t.match(swaps, [
    { cause: 'file', operator: undefined, joined: [] },
    { cause: 'SIGHUP', operator: undefined },
  ]);
  t.equal(swaps.length, 2);
  t.strictSame(swaps[1]!.joined, [an, binh]);
});

t.test('each line of the log says what made the gateway look', async (t) => {
  const copy = await copyContracts(t);
  const lines: { msg: string; trigger?: string; [name: string]: unknown }[] = [];
  const log = createLog('info', { write: (line) => lines.push(JSON.parse(line)) });
  const live = await openLiveCatalog({ read: () => readSources(copy), log });
  t.teardown(() => live.close());
  await copy.edit(narrower);
  await live.reload('file');
  await copy.edit(broken);
  await live.reload('admin', 'nguyen.van.an');
  live.record(() => Promise.reject(new Error('away')));
  await copy.edit({ [desk]: (text) => text.replace('/residence]', '/permanentResidence]') });
  await copy.edit({ [desk]: (text) => `${text}\n# sound again\n` });
  await live.reload('SIGHUP');
  const swaps: Swap[] = [];
  live.record(async (swap) => {
    swaps.push(swap);
    return 'evidence-2';
  });
  const asker = { operator: 'nguyen.van.an', requestId: '01a201a3-36b8-7bd2-a8c0-5fd8b57f0a4e' };
  await live.reload('admin', asker.operator, asker.requestId);
  t.match(lines.at(-1), { ...asker, evidence: 'evidence-2' }, 'log, evidence and request can be joined');
  t.match(swaps, [asker]);
  t.strictSame(
    lines.map(({ msg, trigger }) => [msg, trigger]),
    [
      ['the catalogue was swapped', 'file'],
      ['the new catalogue is broken: the old one stays', 'admin'],
      ['the catalogue could not be swapped', 'SIGHUP'],
      ['the catalogue was swapped', 'admin'],
    ],
  );
});

t.test('the first catalogue must be sound', async (t) => {
  const copy = await copyContracts(t, broken);
  await t.rejects(openLiveCatalog({ read: () => readSources(copy), log: createLog('silent') }), {
    name: 'CatalogError',
  });
});
