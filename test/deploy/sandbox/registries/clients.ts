import { createHash } from 'node:crypto';
import type { Test } from 'tap';
import type { renderEntry } from '../../../../deploy/sandbox/registries/business/journal.ts';
import type { renderEnterprise } from '../../../../deploy/sandbox/registries/business/render-enterprise.ts';
import type { AppliedChange } from '../../../../deploy/sandbox/registries/http/protocol.ts';
import type { Boundary } from '../../../../deploy/sandbox/registries/land/boundary.ts';
import type { renderParcel } from '../../../../deploy/sandbox/registries/land/render-parcel.ts';
import {
  type RegistriesOptions,
  type RunningRegistries,
  startRegistries,
} from '../../../../deploy/sandbox/registries/start.ts';

type EnterpriseRecord = ReturnType<typeof renderEnterprise>;
type ParcelRecord = ReturnType<typeof renderParcel>;

/** What the answers may hold; a test looks at what its own answer has. */
type TokenBody = { access_token: string };
type BusinessBody = EnterpriseRecord & {
  DataCount: number;
  Status: string;
  Data: (EnterpriseRecord & ReturnType<typeof renderEntry>)[];
};
type LandBody = ParcelRecord & Boundary & { maLoi: string; tongSo: number; danhSach: ParcelRecord[] };
type ControlBody = { changes: AppliedChange[]; last: Record<string, { ids: Record<string, string> }> };

/** The registries on free ports, closed when the test ends. */
export async function started(t: Test, options?: RegistriesOptions): Promise<RunningRegistries> {
  const running = await startRegistries(options);
  t.teardown(() => running.close());
  return running;
}

/** `yyyyMMddHHmmss` in UTC+7. */
export function timestamp(at = Date.now()): string {
  return new Date(at + 7 * 3_600_000).toISOString().replace(/\D/g, '').slice(0, 14);
}

export type PopulationConnection = RunningRegistries['population'];

export function populationHeaders(
  to: PopulationConnection,
  operation: string,
  at = timestamp(),
): Record<string, string> {
  const digest = createHash('sha256')
    .update(to.url + to.user + at + to.secret)
    .digest('hex');
  return {
    'content-type': 'text/xml; charset=utf-8',
    soapaction: `"http://dancuquocgia.bca/${operation}"`,
    authorization: `Basic ${Buffer.from(`${to.user}:${digest}`).toString('base64')}`,
    timestamp: at,
    apikey: to.apiKey,
    'x-road-client': to.roadClient,
  };
}

export interface SoapFields {
  [name: string]: string | undefined;
}

const DEFAULTS: SoapFields = {
  MaYeuCau: 'YC-1',
  MaDVC: '1.001193',
  MaTichHop: '037',
  MaCanBo: 'CB-1',
  MaDonVi: 'H26',
};

/** An envelope with the fields in their order; `NgayThangNam` and `Nam` become a birth date. */
export function envelope(operation: string, fields: SoapFields): string {
  const { NgayThangNam, Nam, ...rest } = { ...DEFAULTS, ...fields };
  const simple = Object.entries(rest)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `<q:${name}>${value}</q:${name}>`);
  const birth = NgayThangNam
    ? `<q:NgayThangNam>${NgayThangNam}</q:NgayThangNam>`
    : Nam
      ? `<q:Nam>${Nam}</q:Nam>`
      : '';
  const born = birth && `<q:NgayThangNamSinh>${birth}</q:NgayThangNamSinh>`;
  return (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Header/><s:Body>' +
    `<q:${operation} xmlns:q="http://dancuquocgia.bca">${simple.join('')}${born}</q:${operation}></s:Body></s:Envelope>`
  );
}

export async function soap(to: PopulationConnection, operation: string, fields: SoapFields) {
  const response = await fetch(to.url, {
    method: 'POST',
    headers: populationHeaders(to, operation),
    body: envelope(operation, fields),
  });
  return { status: response.status, body: await response.text() };
}

export async function businessToken(to: RunningRegistries['business'], secret = to.consumerSecret) {
  const response = await fetch(`${to.url}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${to.consumerKey}:${secret}`).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  });
  return { status: response.status, body: (await response.json()) as TokenBody };
}

/** Calls an operation under `/apiCSDLDKDN/` with a token of its own. */
export async function business(
  to: RunningRegistries['business'],
  operation: string,
  query: Record<string, string>,
) {
  const token = await businessToken(to);
  const response = await fetch(`${to.url}/apiCSDLDKDN/${operation}?${new URLSearchParams(query)}`, {
    headers: { authorization: `Bearer ${token.body.access_token}` },
  });
  return { status: response.status, body: (await response.json()) as BusinessBody };
}

/** Calls a path under a province's base URL: POST if there is a body. */
export async function land(to: RunningRegistries['land'], province: string, path: string, body?: unknown) {
  const { url, apiKey } = to.upstreams[province]!;
  const response = await fetch(`${url}/${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { 'x-api-key': apiKey, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as LandBody };
}

export function parcelQuery(key: { communeCode: string; mapSheet: string; parcelNumber: string }): string {
  return `${new URLSearchParams({ maXa: key.communeCode, soHieuToBanDo: key.mapSheet, soThuTuThua: key.parcelNumber })}`;
}

export async function control(base: string, method: string, path: string, body?: unknown) {
  const response = await fetch(`${base}/control/${path}`, {
    method,
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as ControlBody };
}
