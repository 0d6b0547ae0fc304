import { setImmediate } from 'node:timers/promises';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { type Test, test } from 'tap';
import { samples } from '../../../../deploy/sandbox/registries/samples.ts';
import { businessToken, control, land, parcelQuery, soap, started } from './clients.ts';

const { persons, enterprises, parcels } = samples();
const LOOKUP = 'TraCuuThongTinCongDan';

/** Asks each registry once, by raw HTTP; `undefined` where there was no whole answer. */
async function spoilt(t: Test, fault: object) {
  const running = await started(t);
  const { population, business, land: to, control: at } = running;
  const token = (await businessToken(business)).body.access_token;
  for (const base of Object.values(at)) t.equal((await control(base, 'PUT', 'faults', fault)).status, 200);
  const { url, apiKey } = to.upstreams['01']!;
  const asks = [
    () => soap(population, LOOKUP, { SoDinhDanh: persons.present[0]! }),
    () =>
      text(`${business.url}/apiCSDLDKDN/chiTietDoanhNghiep?msdn=${enterprises.present[0]}`, {
        authorization: `Bearer ${token}`,
      }),
    () => text(`${url}/thuaDat?${parcelQuery(parcels.present[0]!)}`, { 'x-api-key': apiKey }),
  ];
  return Promise.all(asks.map((ask) => ask().catch(() => undefined)));
}

async function text(url: string, headers: Record<string, string>) {
  const response = await fetch(url, { headers });
  return { status: response.status, body: await response.text() };
}

function isXml(body: string): boolean {
  return XMLValidator.validate(body) === true;
}

test('drop and truncate leave no whole answer', async (t) => {
  t.strictSame(await spoilt(t, { drop: true }), [undefined, undefined, undefined]);
  t.strictSame(await spoilt(t, { truncate: true }), [undefined, undefined, undefined]);
});

test('status answers with that status', async (t) => {
  const answers = await spoilt(t, { status: 503 });
  t.strictSame(
    answers.map((answer) => answer?.status),
    [503, 503, 503],
  );
});

test('malformed breaks XML and JSON', async (t) => {
  const [population, business, parcel] = await spoilt(t, { malformed: true });
  t.equal(population?.status, 200);
  t.notOk(isXml(population!.body));
  t.throws(() => JSON.parse(business!.body));
  t.throws(() => JSON.parse(parcel!.body));
});

test('wrongSchema is well-formed, of the right shape outside and the wrong types inside', async (t) => {
  const [population, business, parcel] = await spoilt(t, { wrongSchema: true });
  t.ok(isXml(population!.body));
  const { CongDan } = new XMLParser({ removeNSPrefix: true }).parse(population!.body).Envelope.Body
    .TraCuuThongTinCongDanResponse.CongdanCollection;
  t.equal(CongDan.NgayThangNamSinh.NgayThangNam, '?!');
  t.match(JSON.parse(business!.body), {
    Status: '1',
    MainInformation: { NAME: { sai: -1 }, NUMBER_CHANGES: 'sai kiểu' },
  });
  t.match(JSON.parse(parcel!.body), { phienBan: 1, DC_ThuaDat: { maXa: { sai: -1 }, dienTich: 'sai kiểu' } });
});

test('oversize pads the answer with white space', async (t) => {
  for (const answer of await spoilt(t, { oversize: 3_000_000 })) {
    t.ok(Buffer.byteLength(answer!.body) >= 3_000_000);
    t.ok(answer!.body.startsWith('<') ? isXml(answer!.body.trim()) : JSON.parse(answer!.body));
  }
});

test('refuse is the registry’s own refusal', async (t) => {
  const [population, business, parcel] = await spoilt(t, { refuse: true });
  t.equal(population?.status, 500);
  t.match(population?.body, '<MaLoi>005</MaLoi>');
  t.match(JSON.parse(business!.body), { Status: '0', Message: 'Không có quyền truy cập' });
  t.equal(parcel?.status, 403);
});

test('delayMs waits and then answers well; a client that hangs up is no harm', async (t) => {
  const { land: to, control: at } = await started(t);
  const path = `thuaDat?${parcelQuery(parcels.present[0]!)}`;
  await control(at.land, 'PUT', 'faults', { delayMs: 20, count: 1 });
  t.equal((await land(to, '01', path)).status, 200);
  await control(at.land, 'PUT', 'faults', { delayMs: 3_600_000, count: 1 });
  const { url, apiKey } = to.upstreams['01']!;
  await t.rejects(
    fetch(`${url}/${path}`, { headers: { 'x-api-key': apiKey }, signal: AbortSignal.timeout(100) }),
  );
  t.equal((await land(to, '01', path)).status, 200, 'the next one is not delayed');
});

test('closing ends a delayed request', async (t) => {
  const { land: to, control: at, close } = await started(t);
  await control(at.land, 'PUT', 'faults', { delayMs: 3_600_000 });
  const { url, apiKey } = to.upstreams['01']!;
  const pending = fetch(`${url}/thuaDat`, { headers: { 'x-api-key': apiKey } });
  const refused = t.rejects(pending);
  while (!('thuaDat' in (await control(at.land, 'GET', 'stats')).body.last)) await setImmediate();
  await close();
  await refused;
});

test('count and match choose the requests; DELETE ends it', async (t) => {
  const { land: to, control: at } = await started(t);
  const found = `thuaDat?${parcelQuery(parcels.present[0]!)}`;
  const boundary = `thuaDat/ranhGioi?${parcelQuery(parcels.present[0]!)}`;
  const status = async (path: string) => (await land(to, '01', path).catch(() => undefined))?.status;

  await control(at.land, 'PUT', 'faults', { drop: true, match: 'ranhGioi', count: 2 });
  t.strictSame(
    [await status(found), await status(boundary), await status(boundary)],
    [200, undefined, undefined],
  );
  t.equal(await status(boundary), 200, 'two were enough');
  t.match((await control(at.land, 'GET', 'stats')).body, { requests: 4, faulty: 2 });

  await control(at.land, 'PUT', 'faults', { drop: true });
  t.equal(await status(found), undefined);
  await control(at.land, 'DELETE', 'faults');
  t.equal(await status(found), 200);

  await control(at.land, 'DELETE', 'stats');
  t.match((await control(at.land, 'GET', 'stats')).body, { requests: 0, faulty: 0 });
});

test('a fault that is none is refused', async (t) => {
  const { control: at } = await started(t);
  for (const wrong of [{ dealy: 3 }, { delayMs: '3' }, [], null, 'x']) {
    t.equal((await control(at.business, 'PUT', 'faults', wrong)).status, 400);
  }
  t.equal((await control(at.business, 'GET', 'nothing')).status, 404);
});
