/** The business registry: REST with an opaque OAuth token (docs/registries.md, "Business"). */
import type { EnterpriseLookupRequest, EnterpriseSearchRequest } from '../../schemas/types.ts';
import {
  type Adapter,
  type Answer,
  absent,
  type Call,
  type ScanPage,
  type ScanQuestion,
  UpstreamError,
} from '../adapter.ts';
import type { UpstreamResponse } from '../exchange.ts';
import { readJson } from '../json.ts';
import { asSource, malformed, type Source, text, whole } from '../mapping.ts';
import { readPageToken, writePageToken } from '../page-token.ts';
import { readScanned } from '../scanned.ts';
import { statusError } from '../status.ts';
import { Upstream, type UpstreamOptions } from '../upstream.ts';
import { NOT_FOUND, readEnterprise, refusals } from './mapping.ts';
import { TokenSource } from './token.ts';

export interface BusinessCredentials {
  /** Base URL, without a slash at the end. */
  readonly url: string;
  readonly consumerKey: string;
  readonly consumerSecret: string;
}

const DEFAULT_PAGE_SIZE = 20;

export function createBusinessAdapter(
  { url, consumerKey, consumerSecret }: BusinessCredentials,
  options: UpstreamOptions,
): Adapter {
  const upstream = new Upstream('business', url, options);
  const tokens = new TokenSource(upstream, consumerKey, consumerSecret);

  /** Gets a path with a token. @returns the envelope when it has data, `undefined` when there is none */
  async function get(path: string, call: Call): Promise<Source | undefined> {
    const token = await tokens.get(call.deadline);
    let response = await send(path, token, call);
    if (response.status === 401) {
      // The token may have ended before its time: a new one, once.
      tokens.reject(token);
      response = await send(path, await tokens.get(call.deadline), call);
    }
    if (response.status !== 200) throw statusError(response);
    return readEnvelope(readJson(response.body));
  }

  function send(path: string, token: string, call: Call): Promise<UpstreamResponse> {
    return upstream.call({
      method: 'GET',
      path: `/apiCSDLDKDN/${path}`,
      headers: [
        'Authorization',
        `Bearer ${token}`,
        'Accept',
        'application/json',
        'X-Request-Id',
        call.requestId,
      ],
      idempotent: true,
      deadline: call.deadline,
    });
  }

  async function lookUp({ enterpriseCode }: EnterpriseLookupRequest, call: Call): Promise<Answer> {
    const envelope = await get(`chiTietDoanhNghiep?msdn=${encodeURIComponent(enterpriseCode)}`, call);
    if (!envelope) return absent;
    const enterprise = readEnterprise(envelope);
    if (enterprise.enterpriseCode !== enterpriseCode) throw malformed('ENTERPRISE_GDT_CODE');
    return { found: true, data: enterprise };
  }

  async function search(request: EnterpriseSearchRequest, call: Call): Promise<Answer> {
    const { name = '', provinceCode = '', pageSize = DEFAULT_PAGE_SIZE } = request;
    const { offset } = readPageToken(request.pageToken);
    const envelope = await get(
      `timKiemDoanhNghiep?ten=${encodeURIComponent(name)}&maTinh=${encodeURIComponent(provinceCode)}` +
        `&offset=${offset}&limit=${pageSize}`,
      call,
    );
    if (!envelope) return { found: true, data: [] };
    const page = envelope.Data;
    if (!Array.isArray(page) || page.length > pageSize) throw malformed('Data');
    const data = page.map((item) => readEnterprise(asSource(item, 'Data')));
    const next = offset + data.length;
    const more = data.length > 0 && next < whole(envelope.DataCount, 'DataCount');
    return { found: true, data, ...(more && { nextPageToken: writePageToken(next) }) };
  }

  async function scan({ after = '', limit }: ScanQuestion, call: Call): Promise<ScanPage> {
    const envelope = await get(`danhSachDoanhNghiep?sau=${encodeURIComponent(after)}&limit=${limit}`, call);
    if (!envelope) return { rows: [], unreadable: 0, next: undefined };
    return readScanned(envelope.Data, whole(envelope.DataCount, 'DataCount'), {
      field: 'Data',
      after,
      limit,
      keyOf: (source) => text(asSource(source.MainInformation, 'MainInformation').ENTERPRISE_GDT_CODE, 'key'),
      read: (source) => {
        const data = readEnterprise(source);
        return { data, version: whole(data.numberOfChanges, 'NUMBER_CHANGES') };
      },
    });
  }

  return {
    registry: 'business',
    scans: { enterprise: scan },
    operations: { 'business.enterprise.lookup': lookUp, 'business.enterprise.search': search },
    upstreams: () => [upstream.state],
    close: () => upstream.close(),
  };
}

/**
 * Failures come as HTTP 200 with `Status` "0", and only the message tells which.
 * @throws UpstreamError `refused`, `malformed`
 */
function readEnvelope(envelope: Source): Source | undefined {
  const status = text(envelope.Status, 'Status');
  if (status === '1') return envelope;
  if (status !== '0') throw malformed('Status');
  const message = text(envelope.Message, 'Message');
  if (message === NOT_FOUND) return undefined;
  throw new UpstreamError('refused', { reason: refusals.get(message) ?? 'request_refused' });
}
