/**
 * Registries that are as small as a test wants them, over their real protocols, and can be other ones from one call to the
 * next: what is outside a scope is changed behind the gateway's back, and nothing may show.
 */
import type { Test } from 'tap';
import { allEnterprises } from '../../deploy/sandbox/registries/business/registry.ts';
import { renderEnterprise } from '../../deploy/sandbox/registries/business/render-enterprise.ts';
import { boundaryOf } from '../../deploy/sandbox/registries/land/boundary.ts';
import type { Parcel } from '../../deploy/sandbox/registries/land/parcel.ts';
import { allParcels } from '../../deploy/sandbox/registries/land/registry.ts';
import { renderParcel } from '../../deploy/sandbox/registries/land/render-parcel.ts';
import { renderPerson } from '../../deploy/sandbox/registries/population/cong-dan.ts';
import { allPersons } from '../../deploy/sandbox/registries/population/registry.ts';
import type { RunningRegistries } from '../../deploy/sandbox/registries/start.ts';
import { lookupAnswer, registrationRefused } from '../adapters/population/fixture.ts';
import { type Received, type Reply, send, startServer } from '../adapters/support/server.ts';

/** What is wrong with a record: nothing, a code that no table has, a value that no contract has, a field that must be there. */
export type Flaw = 'none' | 'code' | 'value' | 'missing';

/** How a record says where it is: a province, nothing, or something that nobody can read. */
export type Province = string | undefined | { readonly odd: true };

export interface Record {
  readonly province: Province;
  readonly flaw: Flaw;
}

/** What the registries have; each list by the number of the sandbox's own record. */
export interface World {
  readonly enterprises: ReadonlyMap<number, Record>;
  readonly persons: ReadonlyMap<number, Record>;
  /** A parcel's province is that of the registry that has it. */
  readonly parcels: ReadonlyMap<number, Flaw>;
  /** Provinces whose land registry is down. */
  readonly down: ReadonlySet<string>;
}

export const emptyWorld: World = {
  enterprises: new Map(),
  persons: new Map(),
  parcels: new Map(),
  down: new Set(),
};

/** The owners of every parcel: a person and an enterprise. */
export const owner = { personalId: '001190000019', enterpriseCode: allEnterprises()[0]!.code };

const LONG = 'X'.repeat(2000);
const json = (value: unknown, status = 200): Reply => ({ status, body: JSON.stringify(value) });

export const enterpriseCode = (index: number): string => allEnterprises()[index]!.code;
export const personalId = (index: number): string => adults[index]!.number;
const adults = allPersons().filter(({ born }) => born.length === 8 && born < '2000');

const provinces = {
  '00004': '01',
  '00070': '01',
  '00454': '01',
  '27154': '79',
  '26740': '79',
  '27553': '79',
};
const provinceOf = ({ communeCode }: Parcel): string =>
  (provinces as { readonly [code: string]: string })[communeCode] ?? '48';

/** Four parcels of each of the provinces 01, 48 and 79, in turn. */
export const parcels: readonly Parcel[] = Array.from({ length: 4 }).flatMap((_, index) =>
  ['01', '48', '79'].map((code) => allParcels().filter((parcel) => provinceOf(parcel) === code)[index * 7]!),
);
export const provinceOfParcel = (index: number): string => provinceOf(parcels[index]!);
export const keyOfParcel = (index: number) => {
  const { communeCode, mapSheet, parcelNumber } = parcels[index]!;
  return { communeCode, mapSheet, parcelNumber };
};

function enterprise(index: number, { province, flaw }: Record): object {
  const { MainInformation, HOAdress, ...others } = renderEnterprise(allEnterprises()[index]!);
  return {
    ...others,
    MainInformation: {
      ...MainInformation,
      ...(flaw === 'code' && { ENTERPRISE_STATUS: '9' }),
      ...(flaw === 'value' && { SHORT_NAME: LONG }),
      ...(flaw === 'missing' && { NAME: '' }),
    },
    HOAdress: { ...HOAdress, CityID: province },
  };
}

function person(registry: RunningRegistries, index: number, { province, flaw }: Record): string {
  const place = typeof province === 'object' ? '<Ma>79</Ma>' : (province ?? '');
  const xml = renderPerson(registry.registries.population, adults[index]!).replace(
    /(?<=<ThuongTru><MaTinhThanh>)\d\d/,
    place,
  );
  const flawed = {
    none: xml,
    code: xml.replace(/<GioiTinh>\d/, '<GioiTinh>9'),
    value: xml.replace(/<DanToc>[^<]*/, `<DanToc>${LONG}`),
    missing: xml.replace(/<HoVaTen>.*?<\/HoVaTen>/, ''),
  };
  return flawed[flaw];
}

function parcel(index: number, flaw: Flaw): object {
  const { DC_ThuaDat, ...others } = renderParcel(parcels[index]!);
  return {
    ...others,
    DC_ThuaDat: {
      ...DC_ThuaDat,
      ...(flaw === 'code' && { laDoiTuongChiemDat: 'co' }),
      ...(flaw === 'value' && { diaChi: LONG }),
      ...(flaw === 'missing' && { dienTich: -1 }),
    },
    chuSuDung: [
      { loai: 'CA_NHAN', ten: 'Nguyễn Thị Thu Hà', soDinhDanh: owner.personalId, tyLe: 50 },
      { loai: 'TO_CHUC', ten: 'CÔNG TY TNHH MẪU THỬ', maSoDoanhNghiep: owner.enterpriseCode, tyLe: 50 },
    ],
  };
}

export interface ScopedWorld {
  world: World;
  /** Does the business registry find by province, or does it not care? */
  exact: boolean;
  /** Requests that the registries got since this was emptied, but for the ids of requests. */
  readonly calls: string[];
  readonly registries: RunningRegistries;
}

/** @param running where the rest of the sandbox's registries, and all credentials, come from */
export async function startScopedWorld(
  test: Pick<Test, 'teardown'>,
  running: RunningRegistries,
): Promise<ScopedWorld> {
  const calls: string[] = [];
  const serve = (respond: (received: Received) => Reply) =>
    startServer(test, (response, received) => {
      const { method, url, body } = received;
      if (!url.endsWith('/token')) {
        calls.push(`${method} ${url} ${body.replace(/(?<=<MaYeuCau>)[^<]*/, '')}`);
      }
      send(respond(received))(response, received);
    });
  const population = await serve(({ body }) => {
    const number = /<SoDinhDanh>(\d+)</.exec(body)?.[1];
    const found = [...started.world.persons].find(([index]) => personalId(index) === number);
    const asked = /<DangKyThuongTru .*<MaYeuCau>([^<]*)</.exec(body)?.[1];
    if (asked !== undefined)
      return {
        body: registrationRefused(asked, found ? 'NOI_THUONG_TRU_KHONG_HOP_LE' : 'KHONG_CO_CONG_DAN'),
      };
    return { body: found ? lookupAnswer(person(running, ...found)) : lookupAnswer() };
  });
  const business = await serve((received) => businessReply(started, received));
  const land = await serve((received) => landReply(started, received));
  const upstreams = Object.fromEntries(
    Object.entries(running.land.upstreams).map(([code, upstream]) => [
      code,
      { ...upstream, url: `${land.url}/${code}` },
    ]),
  );
  const started: ScopedWorld = {
    world: emptyWorld,
    exact: true,
    calls,
    registries: {
      ...running,
      population: { ...running.population, url: `${population.url}/soap` },
      business: { ...running.business, url: business.url },
      land: { upstreams },
    },
  };
  return started;
}

const NONE = { DataCount: 0, Status: '0', Message: 'Không tìm thấy dữ liệu' };

function businessReply({ world, exact }: ScopedWorld, { url }: Received): Reply {
  const { pathname, searchParams: query } = new URL(url, 'http://x');
  if (pathname === '/token') return json({ access_token: 'a', token_type: 'Bearer', expires_in: 300 });
  const operation = pathname.split('/').at(-1);
  const all = [...world.enterprises].map(([index, record]) => ({
    code: enterpriseCode(index),
    record,
    data: enterprise(index, record),
  }));
  const found = (DataCount: number, parts: object) =>
    json(DataCount === 0 ? NONE : { DataCount, Status: '1', Message: '', ...parts });
  if (operation === 'chiTietDoanhNghiep') {
    const one = all.find(({ code }) => code === query.get('msdn'));
    return found(one ? 1 : 0, one?.data ?? {});
  }
  const limit = Number(query.get('limit'));
  if (operation === 'danhSachDoanhNghiep') {
    const left = all
      .filter(({ code }) => code > query.get('sau')!)
      .sort((one, other) => (one.code < other.code ? -1 : 1));
    return found(left.length, { Data: left.slice(0, limit).map(({ data }) => data) });
  }
  const province = query.get('maTinh');
  const rows = all.filter(({ record }) => !exact || !province || record.province === province);
  const offset = Number(query.get('offset'));
  return found(rows.length, { Data: rows.slice(offset, offset + limit).map(({ data }) => data) });
}

function landReply({ world }: ScopedWorld, { url, body }: Received): Reply {
  const { pathname, searchParams: query } = new URL(url, 'http://x');
  const [, province = '', ...rest] = pathname.split('/');
  if (world.down.has(province)) return json({ loi: 'down' }, 500);
  const here = [...world.parcels].filter(([index]) => provinceOfParcel(index) === province);
  const operation = rest.join('/');
  if (operation === 'thuaDat/theoChuSuDung') {
    const { offset, limit } = JSON.parse(body);
    const danhSach = here.slice(offset, offset + limit).map(([index, flaw]) => parcel(index, flaw));
    return json({ tongSo: here.length, danhSach });
  }
  if (operation === 'thuaDat/danhSach') {
    const key = (index: number) => Object.values(keyOfParcel(index)).join('/');
    const left = here
      .filter(([index]) => key(index) > query.get('sau')!)
      .sort(([one], [other]) => (key(one) < key(other) ? -1 : 1));
    const danhSach = left.slice(0, Number(query.get('limit'))).map(([index, flaw]) => parcel(index, flaw));
    return json({ conLai: left.length, danhSach });
  }
  const one = here.find(([index]) => {
    const { communeCode, mapSheet, parcelNumber } = keyOfParcel(index);
    return (
      communeCode === query.get('maXa') &&
      mapSheet === query.get('soHieuToBanDo') &&
      parcelNumber === query.get('soThuTuThua')
    );
  });
  if (!one) return json({ maLoi: 'THUA_DAT_NOT_FOUND', thongBao: 'x' }, 404);
  const { heToaDo, toaDo } = boundaryOf(parcels[one[0]]!);
  if (operation.endsWith('ranhGioi')) return json({ heToaDo, toaDo: one[1] === 'none' ? toaDo : 'x' });
  return json(parcel(...one));
}
