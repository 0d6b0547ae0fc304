/**
 * The land registries: REST, one upstream for each province (docs/registries.md, "Land").
 *
 * The only answers that mean "no such parcel" (docs/registries.md, "No such record"):
 * - look-up and boundary: 404 with `maLoi` "THUA_DAT_NOT_FOUND" or "GCN_NOT_FOUND", and no data (`error-code.ts`);
 * - an owner's parcels: 200 with `tongSo` 0, an empty `danhSach` and nothing beside them, or 404 "THUA_DAT_NOT_FOUND";
 * - the end of a scan: 200 with `conLai` no larger than the page;
 * - transfers: `maLoi` with its own status, or a receipt with `trangThai` "TU_CHOI" and nothing of a parcel
 *   (`transfer.ts`).
 * A list has as many parcels as its count says (`records/none.ts`), in one answer or in several; no answer repeats a
 * record of an earlier one. A commune that is not on the gateway's list is not asked for anywhere, which does not mean that it
 * has no such parcel.
 */
import type {
  Parcel,
  ParcelBoundary,
  ParcelBoundaryRequest,
  ParcelFindByOwnerRequest,
  ParcelLookupRequest,
} from '../../schemas/types.ts';
import {
  type Adapter,
  absent,
  type CallContext,
  type RegistryAnswer,
  type ScanPage,
  type ScanQuestion,
  UpstreamError,
  type Within,
} from '../adapter.ts';
import { fillPage, type Part } from '../pages/fill-page.ts';
import { readPageToken, writePageToken } from '../pages/page-token.ts';
import { type Listed, readScanPage } from '../pages/scan-page.ts';
import { readJson } from '../records/json.ts';
import { asSource, malformed, type Source, sortKey, whole } from '../records/mapping.ts';
import { count, readPart, requireNothingBeside } from '../records/none.ts';
import { markWithin, positionOf } from '../records/within.ts';
import { concurrently } from '../upstream/concurrently.ts';
import { statusError } from '../upstream/status.ts';
import { Upstream, type UpstreamOptions } from '../upstream/upstream.ts';
import { readBoundary } from './boundary.ts';
import { errorCodeOf } from './error-code.ts';
import { readParcel } from './mapping.ts';
import { type Province, send } from './province.ts';
import { createTransfer } from './transfer.ts';

export interface LandSettings {
  /** By province code. */
  readonly upstreams: Readonly<Record<string, { readonly url: string; readonly apiKey: string }>>;
  /** Province code of each commune code. */
  readonly provinceOfCommune: Readonly<Record<string, string>>;
}

const DEFAULT_PAGE_SIZE = 20;
/** Provinces asked at a time for one caller. */
const FAN_OUT = 8;

/** Each `maLoi` with which 404 means that there is no such parcel, and not that there is no such service. */
const NO_PARCEL: readonly string[] = ['THUA_DAT_NOT_FOUND', 'GCN_NOT_FOUND'];
/** The same for an owner's parcels; a missing certificate says nothing about parcels. */
const NONE_OWNED: readonly string[] = ['THUA_DAT_NOT_FOUND'];
/** For a scan, which has no such answer: its page states how many records are left. */
const NEVER: readonly string[] = [];

type Owner = NonNullable<Parcel['owners']>[number];

/** A parcel in a commune that does not exist. */
const NO_PLACE = { communeCode: '00000', mapSheet: '0', parcelNumber: '0' };

export function createLandAdapter(settings: LandSettings, options: UpstreamOptions): Adapter {
  const communes = new Map(Object.entries(settings.provinceOfCommune));
  const provinces = new Map(
    Object.entries(settings.upstreams)
      .map(([code, { url, apiKey }]): Province => {
        return { code, apiKey, upstream: new Upstream(`land/${code}`, url, options) };
      })
      // Pages over all provinces follow this order.
      .sort((a, b) => (a.code < b.code ? -1 : 1))
      .map((province) => [province.code, province]),
  );

  /**
   * A parcel's province is known in advance, so a parcel outside the scope is not asked for.
   * @throws UpstreamError `unavailable` (`commune_not_known`, `province_not_connected`): such a parcel may well exist
   */
  function provinceOf(communeCode: string, within?: Within): Province | undefined {
    const code = communes.get(communeCode);
    if (code === undefined) throw new UpstreamError('unavailable', { reason: 'commune_not_known' });
    return isWithin(code, within) ? provinceNamed(code) : undefined;
  }

  /** @throws UpstreamError `unavailable` (`province_not_connected`) */
  function provinceNamed(code: string): Province {
    const province = provinces.get(code);
    if (!province) throw new UpstreamError('unavailable', { reason: 'province_not_connected' });
    return province;
  }

  /**
   * @param none each `maLoi` that means, with 404, "no such record"
   * @returns the answer's body, `undefined` when there is no such record
   */
  async function ask(
    province: Province,
    path: string,
    none: readonly string[],
    call: Pick<CallContext, 'requestId' | 'traceparent' | 'deadline'>,
    query?: object,
  ): Promise<Source | undefined> {
    // A POST only to keep a person's number out of the URL.
    const response = await send(province, path, call, true, query);
    if (response.status === 200) {
      const body = readJson(response.body);
      if (Array.isArray(body.danhSach) && body.danhSach.length === 0) {
        requireNothingBeside(body, ['danhSach', 'tongSo', 'conLai']);
      }
      return body;
    }
    const code = response.status === 404 ? errorCodeOf(response) : undefined;
    if (code !== undefined && none.includes(code)) return undefined;
    throw statusError(response);
  }

  async function lookUp(request: ParcelLookupRequest, call: CallContext): Promise<RegistryAnswer> {
    const province = provinceOf(request.communeCode, call.within);
    const body = province && (await ask(province, `/thuaDat?${keyOf(request)}`, NO_PARCEL, call));
    if (!body) return absent;
    const parcel = readParcel(body, province.code);
    const asked =
      parcel.communeCode === request.communeCode &&
      parcel.mapSheet === request.mapSheet &&
      parcel.parcelNumber === request.parcelNumber;
    if (!asked) throw malformed('maXa, soHieuToBanDo, soThuTuThua');
    return { found: true, data: parcel };
  }

  async function getBoundary(request: ParcelBoundaryRequest, call: CallContext): Promise<RegistryAnswer> {
    const province = provinceOf(request.communeCode, call.within);
    const body = province && (await ask(province, `/thuaDat/ranhGioi?${keyOf(request)}`, NO_PARCEL, call));
    if (!body) return absent;
    const { communeCode, mapSheet, parcelNumber } = request;
    const boundary: ParcelBoundary = {
      type: 'Feature',
      geometry: { type: 'Polygon', coordinates: readBoundary(body) },
      properties: { provinceCode: province.code, communeCode, mapSheet, parcelNumber },
    };
    return { found: true, data: boundary };
  }

  /**
   * Asks all provinces within the scope, from the page token's on: a province without an answer fails the whole call, never a
   * part of it. No other province receives the owner's number.
   */
  async function findByOwner(request: ParcelFindByOwnerRequest, call: CallContext): Promise<RegistryAnswer> {
    const { pageSize = DEFAULT_PAGE_SIZE } = request;
    const from = readPageToken(request.pageToken);
    const asked = [...provinces.values()].filter(
      ({ code }) => code >= from.upstream && isWithin(code, call.within),
    );
    const offsetIn = ({ code }: Province) => (code === from.upstream ? from.offset : 0);
    const parts = await concurrently(asked, FAN_OUT, (province) =>
      ownedIn(province, request, offsetIn(province), pageSize, call),
    );
    const data: Parcel[] = [];
    for (const [index, { items, total }] of parts.entries()) {
      const province = asked[index]!;
      const taken = items.slice(0, pageSize - data.length);
      data.push(...taken);
      const next = offsetIn(province) + taken.length;
      if (next < total) {
        return { found: true, data, nextPageToken: writePageToken(next, province.code) };
      }
    }
    return { found: true, data };
  }

  /**
   * Up to `limit` parcels, from `offset` on. Whole records are compared: communes were merged, so one sheet and number may
   * identify two parcels of a commune, and some registries list a parcel once for each certificate. Only records of different parts
   * are compared: within a part, the count decides.
   * @throws UpstreamError
   */
  function ownedIn(
    province: Province,
    request: ParcelFindByOwnerRequest,
    offset: number,
    limit: number,
    call: CallContext,
  ): Promise<Part<Parcel>> {
    return fillPage((from, most) => askOwned(province, request, from, most, call), {
      offset,
      limit,
      keyOf: (parcel) => JSON.stringify(parcel),
      fields: ['danhSach', 'tongSo'],
    });
  }

  /** Returns as many as the province gives at a time. @throws UpstreamError */
  async function askOwned(
    province: Province,
    { personalId, enterpriseCode }: ParcelFindByOwnerRequest,
    offset: number,
    limit: number,
    call: CallContext,
  ): Promise<Part<Parcel>> {
    const query = { soDinhDanh: personalId, maSoDoanhNghiep: enterpriseCode, offset, limit };
    const body = await ask(province, '/thuaDat/theoChuSuDung', NONE_OWNED, call, query);
    if (!body) return { items: [], total: 0 };
    const total = count(body.tongSo, 'tongSo');
    const part = readPart(body.danhSach, total - offset, limit, 'danhSach');
    const items = part.map((item) => readParcel(asSource(item, 'danhSach'), province.code));
    const isOwner = (owner: Owner) =>
      personalId === undefined ? owner.enterpriseCode === enterpriseCode : mayBe(owner, personalId);
    if (!items.every(({ owners }) => owners?.some(isOwner))) throw malformed('chuSuDung');
    return { items, total };
  }

  /** One province after the other; a page is of one. Provinces outside the scope are not asked. */
  async function scan(
    { after = ':', limit, within, rows }: ScanQuestion,
    call: CallContext,
  ): Promise<ScanPage> {
    const [from, key] = [after.slice(0, after.indexOf(':')), after.slice(after.indexOf(':') + 1)];
    const left = [...provinces.values()].filter(({ code }) => code >= from && isWithin(code, within));
    const [province, following] = left;
    if (!province) return { rows: [], unreadable: 0, next: undefined };
    const { code } = province;
    const begun = code === from ? key : '';
    const list = async (sau: string, most: number): Promise<Listed> => {
      const path = `/thuaDat/danhSach?sau=${encodeURIComponent(sau)}&limit=${most}`;
      const body = await ask(province, path, NEVER, call);
      if (!body) throw malformed('danhSach');
      return { list: body.danhSach, remaining: count(body.conLai, 'conLai') };
    };
    const { next, ...page } = await readScanPage(list, {
      field: 'danhSach',
      after: begun,
      limit,
      rows,
      keyOf: (source) => {
        const land = asSource(source.DC_ThuaDat, 'DC_ThuaDat');
        return ['maXa', 'soHieuToBanDo', 'soThuTuThua'].map((name) => sortKey(land[name], name)).join('/');
      },
      read: (source) => {
        const data = readParcel(source, code);
        return { data, version: whole(data.recordVersion, 'phienBan') };
      },
    });
    if (next !== undefined) return { ...page, next: `${code}:${next}` };
    return { ...page, next: following && `${following.code}:` };
  }

  return {
    registry: 'land',
    scans: { 'parcel@1': scan },
    writes: { 'land.parcel.register-transfer@1': createTransfer(provinceOf, provinceNamed) },
    operations: {
      'land.parcel.lookup@1': ofProvince(lookUp),
      'land.parcel.find-by-owner@1': findByOwner,
      'land.parcel.boundary@1': ofProvince(getBoundary),
    },
    upstreams: () => [...provinces.values()].map(({ upstream }) => upstream.state),
    probe: async (name, call) => {
      const province = [...provinces.values()].find(({ upstream }) => upstream.name === name);
      if (province) await ask(province, `/thuaDat?${keyOf(NO_PLACE)}`, NO_PARCEL, call);
    },
    close: async () => {
      await Promise.all([...provinces.values()].map(({ upstream }) => upstream.close()));
    },
  };
}

/**
 * May this owner be the person in question? A household business has that person's number as its code. An owner whom the registry
 * knows only by an old identity card has no number to compare: the registry matches the card with the person's number itself.
 */
function mayBe({ personalId, enterpriseCode, identityCardNumber }: Owner, asked: string): boolean {
  if (enterpriseCode === asked) return true;
  return personalId === undefined ? identityCardNumber !== undefined : personalId === asked;
}

function isWithin(provinceCode: string, within: Within | undefined): boolean {
  return positionOf(within, { provinceCode }) !== 'outside';
}

/** An operation about one record: it is asked for only when its province is within the scope. */
function ofProvince<R>(
  operation: (request: R, call: CallContext) => Promise<RegistryAnswer>,
): typeof operation {
  return async (request, call) => {
    try {
      return await operation(request, call);
    } catch (error) {
      throw Object.keys(call.within ?? {}).every((name) => name === 'provinceCode')
        ? markWithin(error)
        : error;
    }
  };
}

function keyOf({ communeCode, mapSheet, parcelNumber }: ParcelLookupRequest): string {
  return (
    `maXa=${encodeURIComponent(communeCode)}&soHieuToBanDo=${encodeURIComponent(mapSheet)}` +
    `&soThuTuThua=${encodeURIComponent(parcelNumber)}`
  );
}
