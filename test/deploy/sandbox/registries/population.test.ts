import { XMLParser } from 'fast-xml-parser';
import { test } from 'tap';
import { foldName } from '../../../../adapters/values/letters.ts';
import { COMMUNES } from '../../../../deploy/sandbox/registries/places.ts';
import { populationRefusals } from '../../../../deploy/sandbox/registries/population/credentials.ts';
import { fullName } from '../../../../deploy/sandbox/registries/population/person.ts';
import { allPersons, personByNumber } from '../../../../deploy/sandbox/registries/population/registry.ts';
import { samples } from '../../../../deploy/sandbox/registries/samples.ts';
import { control, envelope, populationHeaders, soap, started, timestamp } from './clients.ts';

const LOOKUP = 'TraCuuThongTinCongDan';
const VERIFY = 'XacThucThongTinCongDan';
const { persons } = samples();
const known = personByNumber(persons.present[0]!)!;
const xml = new XMLParser({ parseTagValue: false, removeNSPrefix: true });

interface CongDan {
  [name: string]: string & CongDan;
}

function personIn(body: string): CongDan | undefined {
  return xml.parse(body).Envelope.Body.TraCuuThongTinCongDanResponse.CongdanCollection.CongDan;
}

test('a look-up answers with the person', async (t) => {
  const { population } = await started(t);
  const { status, body } = await soap(population, LOOKUP, { SoDinhDanh: known.number });
  t.equal(status, 200);
  t.match(body, '<TraCuuThongTinCongDanResponse xmlns="http://dancuquocgia.bca">');
  t.match(body, '<CongdanCollection xmlns="http://www.mic.gov.vn/dancu/1.0">');
  const found = personIn(body)!;
  t.match(found, {
    SoDinhDanh: known.number,
    HoVaTen: { Ho: known.familyName, ChuDem: known.middleName, Ten: known.givenName },
    GioiTinh: String(known.sex),
    TinhTrangHonNhan: '2',
    NgayThangNamSinh: { NgayThangNam: known.born },
    QuocTich: 'VN',
    ThuongTru: { MaTinhThanh: '01', MaPhuongXa: COMMUNES[known.commune]!.code, QuocGia: 'VN' },
    Cha: { HoVaTen: fullName(allPersons()[known.father!]!), SoDinhDanh: allPersons()[known.father!]!.number },
    VoChong: { SoDinhDanh: allPersons()[known.spouse!]!.number },
    ChuHo: { QuanHe: '01', SoDinhDanh: known.number },
  });
  const child = allPersons()[known.index + 2]!;
  const answer = personIn((await soap(population, LOOKUP, { SoDinhDanh: child.number })).body)!;
  t.match(answer, { Cha: { SoDinhDanh: known.number }, ChuHo: { QuanHe: '04', HoVaTen: fullName(known) } });
});

test('all criteria must fit; otherwise the collection is empty', async (t) => {
  const { population } = await started(t);
  const found = async (fields: Record<string, string>) =>
    personIn((await soap(population, LOOKUP, fields)).body) !== undefined;
  const SoDinhDanh = known.number;
  const HoVaTen = foldName(fullName(known));
  t.ok(await found({ SoDinhDanh, HoVaTen, NgayThangNam: known.born }));
  t.ok(await found({ SoDinhDanh, Nam: known.born.slice(0, 4) }));
  t.notOk(await found({ SoDinhDanh, HoVaTen: `${HoVaTen}X` }));
  t.notOk(await found({ SoDinhDanh, HoVaTen: fullName(known) }), 'names are compared as they must be sent');
  t.notOk(await found({ SoDinhDanh, NgayThangNam: '19000101' }));
  t.notOk(await found({ SoDinhDanh, Nam: '1900' }));
  for (const absent of persons.absent) t.notOk(await found({ SoDinhDanh: absent }));

  const former = allPersons().find(({ formerNumber }) => formerNumber !== undefined)!;
  t.ok(await found({ SoCMND: former.formerNumber! }));
  const yearOnly = allPersons().find(({ born }) => born.length === 4)!;
  t.ok(await found({ SoDinhDanh: yearOnly.number, Nam: yearOnly.born }));
});

test('verification answers whether there is such a person, and nothing else', async (t) => {
  const { population } = await started(t);
  const yes = await soap(population, VERIFY, {
    MaTichHop: '038',
    SoDinhDanh: known.number,
    NgayThangNam: known.born,
  });
  t.match(yes.body, '<TonTai>true</TonTai>');
  t.notMatch(yes.body, known.givenName);
  const no = await soap(population, VERIFY, { MaTichHop: '038', SoDinhDanh: known.number, Nam: '1900' });
  t.match(no.body, '<TonTai>false</TonTai>');
});

test('every person can be rendered, foreigners and old records too', async (t) => {
  const { population } = await started(t);
  const foreigner = allPersons().find(({ nationality }) => nationality !== 'VN')!;
  const answer = personIn((await soap(population, LOOKUP, { SoDinhDanh: foreigner.number })).body)!;
  t.match(answer, { QuocTich: foreigner.nationality, NoiDangKyKhaiSinh: { QuocGia: foreigner.nationality } });

  let old = 0;
  for (const { number } of allPersons()
    .filter(({ commune }) => COMMUNES[commune]!.formerDistrict)
    .slice(0, 300)) {
    const { body } = await soap(population, LOOKUP, { SoDinhDanh: number });
    if (body.includes('<MaQuanHuyen>')) old++;
  }
  t.ok(old > 0, `${old} of 300 with a former district`);
});

test('wrong credentials are refused with 401', async (t) => {
  const { population } = await started(t);
  const body = envelope(LOOKUP, { SoDinhDanh: known.number });
  const good = populationHeaders(population, LOOKUP);
  const minutes = (count: number) => timestamp(Date.now() + count * 60_000);
  const wrong: Record<string, Record<string, string>> = {
    'no authorization': { ...good, authorization: '' },
    'another secret': populationHeaders({ ...population, secret: 'other' }, LOOKUP),
    'another user': populationHeaders({ ...population, user: 'other' }, LOOKUP),
    'signed for another URL': populationHeaders({ ...population, url: 'http://elsewhere/' }, LOOKUP),
    'another key': { ...good, apikey: 'other' },
    'another client': { ...good, 'x-road-client': 'other' },
    'a timestamp that was not signed': { ...good, timestamp: minutes(1) },
    'too old': populationHeaders(population, LOOKUP, minutes(-6)),
    'too new': populationHeaders(population, LOOKUP, minutes(6)),
    'no timestamp': populationHeaders(population, LOOKUP, ''),
  };
  for (const [name, headers] of Object.entries(wrong)) {
    const response = await fetch(population.url, { method: 'POST', headers, body });
    t.equal(response.status, 401, name);
    t.notMatch(await response.text(), known.givenName);
  }
  const near = populationHeaders(population, LOOKUP, minutes(-4));
  t.equal(
    (await fetch(population.url, { method: 'POST', headers: near, body })).status,
    200,
    'four minutes are near enough',
  );
});

test('a question that is not allowed is a fault', async (t) => {
  const { population } = await started(t);
  const fault = async (operation: string, fields: Record<string, string>) => {
    const { status, body } = await soap(population, operation, fields);
    t.equal(status, 500);
    return xml.parse(body).Envelope.Body.Fault.detail?.MaLoi;
  };
  const SoDinhDanh = known.number;
  t.equal(await fault(LOOKUP, { SoDinhDanh, MaDVC: populationRefusals.procedure }), '004');
  t.equal(await fault(LOOKUP, { SoDinhDanh, MaCanBo: populationRefusals.officer }), '005');
  t.equal(await fault(LOOKUP, { SoDinhDanh, MaTichHop: '038' }), '002');
  t.equal(await fault(LOOKUP, { SoDinhDanh, MaYeuCau: 'x'.repeat(41) }), '001');
  t.equal(await fault(LOOKUP, {}), '001', 'no number');
  t.equal(await fault(LOOKUP, { HoVaTen: 'NGUYENVANAN', SoDinhDanh }), '001', 'out of order');
  t.equal(await fault('XoaCongDan', { SoDinhDanh }), undefined);
});

test('a body that is not SOAP is refused', async (t) => {
  const { population } = await started(t);
  const post = (body: string, headers = populationHeaders(population, LOOKUP)) =>
    fetch(population.url, { method: 'POST', headers, body });
  for (const body of [
    '',
    '<a>',
    '{}',
    '<a/>',
    envelope(LOOKUP, {}).replace('http://dancuquocgia.bca', 'urn:x'),
  ]) {
    const response = await post(body);
    t.equal(response.status, 500);
    t.match(await response.text(), 'soapenv:Fault');
  }
  const headers = populationHeaders(population, VERIFY);
  t.equal(
    (await post(envelope(LOOKUP, { SoDinhDanh: known.number }), headers)).status,
    500,
    'another SOAPAction',
  );
  t.equal((await fetch(population.url)).status, 405);
  t.equal((await fetch(`${population.url}/x`, { method: 'POST', body: '' })).status, 404);
});

test('a change shows at once, in relatives too', async (t) => {
  const { population, registries } = await started(t);
  const registry = registries.population;
  const { person, version, changedFields } = registry.change(known.number, { givenName: 'Đổi<&>' });
  t.equal(version, 2);
  t.strictSame(changedFields, ['HoVaTen']);
  t.equal(registry.versionOf(person), 2);
  t.equal(personByNumber(known.number)?.givenName, known.givenName, 'the data beneath stays');
  const self = personIn((await soap(population, LOOKUP, { SoDinhDanh: known.number })).body)!;
  t.equal(self.HoVaTen!.Ten, 'Đổi<&>');
  const spouse = allPersons()[known.spouse!]!;
  const other = personIn((await soap(population, LOOKUP, { SoDinhDanh: spouse.number })).body)!;
  t.match(other.VoChong!.HoVaTen, 'Đổi');

  registry.change(spouse.number, { communeCode: '20242', street: 'Số 1 đường Bạch Đằng' });
  const moved = personIn((await soap(population, LOOKUP, { SoDinhDanh: spouse.number })).body)!;
  const place = { MaTinhThanh: '48', MaPhuongXa: '20242', ChiTiet: 'Số 1 đường Bạch Đằng' };
  t.match(moved, { ThuongTru: place, NoiOHienTai: place, ChuHo: { SoDinhDanh: spouse.number } });
  t.equal(moved.DanToc, other.DanToc);
  t.throws(() => registry.change('000000000000', { street: 'x' }), RangeError);
  t.throws(() => registry.change(known.number, { communeCode: '99999' }), RangeError);
});

test('statistics keep the ids of a request, and no number', async (t) => {
  const { population, control: at } = await started(t);
  await soap(population, LOOKUP, { MaYeuCau: 'YC-77', SoDinhDanh: known.number });
  await soap(population, VERIFY, { MaTichHop: '038', SoDinhDanh: known.number });
  const { body } = await control(at.population, 'GET', 'stats');
  t.match(body, { requests: 2, operations: { [LOOKUP]: 1, [VERIFY]: 1 } });
  t.strictSame(body.last[LOOKUP]?.ids, {
    MaYeuCau: 'YC-77',
    MaDVC: '1.001193',
    MaTichHop: '037',
    MaCanBo: 'CB-1',
    MaDonVi: 'H26',
  });
  t.notMatch(JSON.stringify(body), known.number);
});
