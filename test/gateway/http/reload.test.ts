/** Another catalogue takes the place of the one in use: what callers see of it. */
import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { samples } from '../../../deploy/sandbox/registries/samples.ts';
import { refused } from '../../support/answer.ts';
import { spawnTestGateway, startTestGateway, type TestGateway } from '../../support/gateway.ts';
import { until } from '../../support/until.ts';

const [personalId] = samples().persons.present as [string];
const [enterpriseCode] = samples().enterprises.present as [string];

const desk = 'agreements/H26-motcua-one-stop-desk.yaml';
const taxStreams = 'agreements/G12-thue-tax-streams.yaml';
const lookup = 'services/population.person.lookup.v1.yaml';
const lookup2 = 'services/population.person.lookup.v2.yaml';

function editor({ variables }: Pick<TestGateway, 'variables'>) {
  const at = (path: string) => join(variables.CONTRACTS_DIR!, path);
  return {
    read: (path: string) => readFile(at(path), 'utf8'),
    write: (path: string, text: string) => writeFile(at(path), text),
    remove: (path: string) => rm(at(path)),
    edit: async (path: string, change: (text: string) => string) =>
      writeFile(at(path), change(await readFile(at(path), 'utf8'))),
  };
}

/** A gateway that checks its files on request, or when the file system notifies it. */
const start = (t: Test) => startTestGateway(t, { variables: { CATALOGUE_POLL_SECONDS: '3600' } });
/** By this reload, or a moment ago after a notification of the file system. */
const taken = { outcome: /^(swapped|unchanged)$/ };
const lookUp = (gateway: TestGateway) =>
  gateway.call('H26.motcua', 'population.person.lookup', { personalId });
const withoutBirthDate = (text: string) => text.replace(', /birthDate', '');
const withoutLookup = (text: string) =>
  text.replace(/ {2}- service: population\.person\.lookup@1\n(?: {4}.*\n)+/, '');
/** Where `what` is in `text`, as an editor counts. */
const lineOf = (text: string, what: string) => text.slice(0, text.indexOf(what)).split('\n').length;

t.test('a changed file is enough', async (t) => {
  const gateway = await start(t);
  t.match((await lookUp(gateway)).body.data, { birthDate: /^\d{4}/ });
  await editor(gateway).edit(desk, withoutBirthDate);
  await until(() => gateway.log.some((line) => line.includes('the catalogue was swapped')));
  const { body } = await lookUp(gateway);
  t.notMatch(body.data, { birthDate: /./ });
  t.ok(body.meta?.withheld?.includes('/birthDate'));
  const metrics = (await gateway.operations('/metrics')).text;
  t.match(metrics, /lienthong_catalogue_reloads_total\{outcome="swapped"\} 1/);
  t.equal(metrics.match(/^lienthong_build_info\{/gm)?.length, 1, 'names the catalogue in use and no other');
  const { digest } = (await gateway.reload()) as { digest: string };
  t.match(metrics, new RegExp(`catalogue="${digest.slice(0, 12)}"`));
});

t.test('a broken catalogue changes nothing', async (t) => {
  const gateway = await start(t);
  const line = lineOf(await editor(gateway).read(desk), '/birthDate');
  await editor(gateway).edit(desk, (text) => text.replace('/birthDate', '/dateOfBirth'));
  t.match(await gateway.reload(), { outcome: 'refused', findings: [{ line }] });
  t.match((await lookUp(gateway)).body.data, { birthDate: /^\d{4}/ });
  t.match(
    (await gateway.operations('/metrics')).text,
    /lienthong_catalogue_reloads_total\{outcome="refused"\} [1-9]/,
  );
  const logged = gateway.log.find((one) => one.includes('the old one stays'));
  t.match(
    logged,
    new RegExp(`one-stop-desk\\.yaml:${line}: field .*dateOfBirth`),
    'with file, line and reason',
  );
  const differs = async () =>
    (await gateway.operations('/metrics')).text.match(/^lienthong_catalogue_differs (\d)$/m)?.[1];
  t.equal(await differs(), '1');
  await gateway.reload();
  t.equal(await differs(), '1', 'as long as that is so');
  await editor(gateway).edit(desk, (text) => text.replace('/dateOfBirth', '/birthDate'));
  t.match(await gateway.reload(), { outcome: 'unchanged' });
  t.equal(await differs(), '0', 'until the files are the catalogue in use again');
});

t.test('a call finishes on the catalogue that it began with', async (t) => {
  const gateway = await start(t);
  const body = JSON.stringify({ personalId });
  const calling = request(`${gateway.url}/v1/population/persons/lookup`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await gateway.token('H26.motcua')}`,
      'content-type': 'application/json',
      'content-length': body.length,
      'x-purpose': 'dich-vu-cong',
      'x-case-id': 'H26.11-261122-0001',
      'x-officer-id': 'CB001',
      expect: '100-continue',
    },
  });
  calling.flushHeaders();
  await once(calling, 'continue');
  await editor(gateway).edit(desk, withoutBirthDate);
  await gateway.reload();
  await editor(gateway).remove(lookup);
  await editor(gateway).edit(desk, withoutLookup);
  await editor(gateway).edit('agreements/G12-thue-tax.yaml', withoutLookup);
  t.match(await gateway.reload(), taken);
  refused(t, await lookUp(gateway), 404, 'route_not_found', 'the service is gone');
  calling.end(body);
  const [answer] = (await once(calling, 'response')) as [NodeJS.ReadableStream & { statusCode: number }];
  let text = '';
  for await (const chunk of answer) text += chunk;
  t.equal(answer.statusCode, 200, text);
  t.match(JSON.parse(text).data, { birthDate: /^\d{4}/ }, 'as it was agreed when the call began');
});

t.test('services come and go, each with its own limits', async (t) => {
  const gateway = await start(t);
  const { read, write, edit, remove } = editor(gateway);
  const call2 = async (body: string, length = body.length) =>
    gateway.send('/v2/population/persons/lookup', {
      method: 'POST',
      body: body.padEnd(length),
      headers: {
        authorization: `Bearer ${await gateway.token('H26.motcua')}`,
        'content-type': 'application/json',
        'x-purpose': 'dich-vu-cong',
        'x-case-id': 'H26.11-261122-0001',
        'x-officer-id': 'CB001',
      },
    });
  const body = JSON.stringify({ personalId });
  refused(t, await call2(body), 404, 'route_not_found', 'before');

  const contract = (await read(lookup))
    .replace('version: 1', 'version: 2')
    .replace('path: /v1/', 'path: /v2/')
    .replace(/bodyLimit: \w+/, 'bodyLimit: 1KiB');
  await write(lookup2, contract);
  await edit(desk, (text) =>
    text.replace('services:\n', 'services:\n  - service: population.person.lookup@2\n    fields: [/sex]\n'),
  );
  t.match(await gateway.reload(), taken);
  const { status, body: answer } = await call2(body);
  t.equal(status, 200);
  t.same(Object.keys(answer.data as object), ['sex']);
  refused(t, await call2(body, 1025), 413, 'body_too_large', 'its own limit');
  t.equal((await call2(body, 1024)).status, 200);
  t.equal((await lookUp(gateway)).status, 200, 'version 1 goes on');
  const document = JSON.parse((await gateway.send('/openapi.json')).text);
  t.ok(document.paths['/v2/population/persons/lookup'], 'in the documents too');

  await edit(lookup2, (text) => text.replace('bodyLimit: 1KiB', 'bodyLimit: 2KiB'));
  await gateway.reload();
  t.equal((await call2(body, 2048)).status, 200, 'another limit');

  await edit(desk, (text) =>
    text.replace('  - service: population.person.lookup@2\n    fields: [/sex]\n', ''),
  );
  await remove(lookup2);
  await gateway.reload();
  refused(t, await call2(body), 404, 'route_not_found', 'after');
});

t.test('callers and streams follow', async (t) => {
  const gateway = await start(t);
  const { edit, write, remove, read } = editor(gateway);
  const feed = async () =>
    gateway.send('/v1/changes/business', {
      headers: { authorization: `Bearer ${await gateway.token('G12.thue')}` },
    });
  t.equal((await feed()).status, 200);
  const kept = await read(taxStreams);
  await remove(taxStreams);
  await gateway.reload();
  refused(t, await feed(), 403, 'no_agreement', 'the agreement is gone');
  await write(taxStreams, kept.replace('fields: [""]', 'fields: [/name]'));
  await gateway.reload();
  t.equal((await feed()).status, 200, 'and back');

  await edit('agencies/G12-finance.yaml', (text) => text.replaceAll('G12.thue', 'G12.thue-moi'));
  await edit(taxStreams, (text) => text.replace('G12.thue', 'G12.thue-moi'));
  await edit('agreements/G12-thue-tax.yaml', (text) => text.replace('G12.thue', 'G12.thue-moi'));
  await gateway.reload();
  const answer = await gateway.call('G12.thue', 'business.enterprise.lookup', { enterpriseCode });
  refused(t, answer, 401, 'token_invalid', 'the system is gone, and its token with it');
});

t.test('a registry that is new', async (t) => {
  const gateway = await start(t);
  const { read, write } = editor(gateway);
  const contract = await read('services/population.changes.publish.v1.yaml');
  await write('services/civil.changes.publish.v1.yaml', contract.replaceAll('population', 'civil'));
  const provider = (await read('agreements/G01-dancu-provider.yaml'))
    .replace('TT-2026-G01-01', 'TT-2026-G01-09')
    .replace('population.changes', 'civil.changes');
  await write('agreements/civil.yaml', provider);
  const reader = (await read(taxStreams))
    .replace('TT-2026-G12-02', 'TT-2026-G12-09')
    .replace(/streams:.*/s, 'streams:\n  - { stream: civil.changes.read, entity: person, fields: [/sex] }\n');
  await write('agreements/civil-reader.yaml', reader);
  t.match(await gateway.reload(), taken);

  const change = {
    entity: 'person',
    subject: personalId,
    version: 1,
    operation: 'deleted',
    occurredAt: '2026-03-02T09:15:00+07:00',
    changedFields: [],
  };
  const published = await gateway.send('/v1/civil/changes', {
    method: 'POST',
    body: JSON.stringify({ changes: [change] }),
    headers: {
      authorization: `Bearer ${await gateway.token('G01.dancu')}`,
      'content-type': 'application/json',
    },
  });
  t.match([published.status, published.body], [201, { accepted: 1 }]);
  const page = await gateway.send('/v1/changes/civil', {
    headers: { authorization: `Bearer ${await gateway.token('G12.thue')}` },
  });
  t.equal(page.status, 200);
});

t.test('swaps under load lose no call and close no connection', async (t) => {
  const gateway = await start(t);
  const text = await editor(gateway).read(desk);
  let swapping = true;
  const statuses = new Map<number, number>();
  const callers = Array.from({ length: 8 }, async () => {
    while (swapping) {
      const { status } = await gateway.call('G12.thue', 'business.enterprise.lookup', { enterpriseCode });
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  });
  for (let swap = 0; swap < 5; swap++) {
    await editor(gateway).write(desk, `${text}# ${swap}\n`);
    t.match(await gateway.reload(), taken);
  }
  swapping = false;
  await Promise.all(callers);
  // The agreement's own rate may say no; nothing else may.
  t.strictSame(
    [...statuses.keys()].filter((status) => status !== 200 && status !== 429),
    [],
    'only answers',
  );
  t.ok(statuses.get(200));
});

t.test('SIGHUP', async (t) => {
  const gateway = await spawnTestGateway(t);
  const reloads = async () => {
    const { text } = await gateway.operations('/metrics');
    return (
      [...text.matchAll(/catalogue_reloads_total\{outcome="unchanged"\} (\d+)/g)].map(([, n]) =>
        Number(n),
      )[0] ?? 0
    );
  };
  await until(async () => (await reloads()) >= 1); // the look at the start
  const before = await reloads();
  process.kill(gateway.process.pid, 'SIGHUP');
  await until(async () => (await reloads()) > before);
  t.equal(
    (await gateway.call('H26.motcua', 'population.person.lookup', { personalId })).status,
    200,
    'still there',
  );
});
