/**
 * The business registry: REST with an opaque OAuth token (docs/registries.md, "Business").
 *
 * The only answers that mean "no such enterprise", or "no more entries" (docs/registries.md, "No such record"): 200 with
 * `Status` "0", `Message` "Không tìm thấy dữ liệu", `DataCount` 0 and no data (`ask.ts`); in a list also `Status` "1" with
 * `DataCount` 0, an empty `Data` and no message. A list has as many rows as its `DataCount` says (`records/none.ts`).
 */
import type { EnterpriseLookupRequest } from '../../schemas/types.ts';
import {
  type Adapter,
  absent,
  type CallContext,
  type ChangesSince,
  type RegistryAnswer,
  type ScanPage,
  type ScanQuestion,
  UpstreamError,
} from '../adapter.ts';
import { type Listed, readScanPage } from '../pages/scan-page.ts';
import { asSource, malformed, sortKey, whole } from '../records/mapping.ts';
import { count } from '../records/none.ts';
import { markWithin, readWithin } from '../records/within.ts';
import { Upstream, type UpstreamOptions } from '../upstream/upstream.ts';
import { type Ask, createAsk } from './ask.ts';
import { CONCURRENCY, createJournal } from './journal/journal.ts';
import { enterpriseDimensions, holdsEnterprise, readEnterprise } from './mapping.ts';
import { createSearch } from './search/search.ts';
import { TokenSource } from './token.ts';

export interface BusinessCredentials {
  /** Base URL, without a slash at the end. */
  readonly url: string;
  readonly consumerKey: string;
  readonly consumerSecret: string;
}

/** A code that no enterprise has, because the sequence 0000000 is not given out. Its look-up also shows that tokens are issued. */
const NO_ENTERPRISE = '0000000000';

export function createBusinessAdapter(
  { url, consumerKey, consumerSecret }: BusinessCredentials,
  options: UpstreamOptions,
): Adapter {
  const upstream = new Upstream('business', url, options);
  const tokens = new TokenSource(upstream, consumerKey, consumerSecret);
  const get = createAsk(upstream, tokens);
  let journal: { readonly upstream: Upstream; readonly get: Ask; readonly read: ChangesSince } | undefined;
  let closed = false;

  /** A pool of its own: a slow or dead journal must not open the breaker of the look-ups, nor take their connections. */
  function openJournal() {
    const apart = new Upstream('business/journal', url, { ...options, maxConnections: CONCURRENCY });
    const ask = createAsk(apart, tokens);
    return { upstream: apart, get: ask, read: createJournal(ask) };
  }

  async function lookUp(
    { enterpriseCode }: EnterpriseLookupRequest,
    call: CallContext,
  ): Promise<RegistryAnswer> {
    const envelope = await get(`chiTietDoanhNghiep?msdn=${encodeURIComponent(enterpriseCode)}`, call);
    if (!envelope) return absent;
    if (!holdsEnterprise(envelope)) throw markWithin(malformed('MainInformation'));
    return readWithin<RegistryAnswer>(
      call.within,
      () => enterpriseDimensions(envelope),
      () => {
        const enterprise = readEnterprise(envelope);
        if (enterprise.enterpriseCode !== enterpriseCode) throw malformed('ENTERPRISE_GDT_CODE');
        return { found: true, data: enterprise };
      },
    );
  }

  async function list(after: string, limit: number, call: CallContext): Promise<Listed> {
    const envelope = await get(`danhSachDoanhNghiep?sau=${encodeURIComponent(after)}&limit=${limit}`, call);
    if (!envelope) return { list: [], remaining: 0 };
    return { list: envelope.Data, remaining: count(envelope.DataCount, 'DataCount') };
  }

  function scan({ after = '', limit, within, rows }: ScanQuestion, call: CallContext): Promise<ScanPage> {
    return readScanPage((...part) => list(...part, call), {
      field: 'Data',
      ...{ after, limit, within, rows, dimensionsOf: enterpriseDimensions },
      keyOf: (source) =>
        sortKey(asSource(source.MainInformation, 'MainInformation').ENTERPRISE_GDT_CODE, 'key'),
      read: (source) => {
        const data = readEnterprise(source);
        return { data, version: whole(data.numberOfChanges, 'NUMBER_CHANGES') };
      },
    });
  }

  return {
    registry: 'business',
    scans: { 'enterprise@1': scan },
    journal: ['enterprise@1'],
    operations: { 'business.enterprise.lookup@1': lookUp, 'business.enterprise.search@1': createSearch(get) },
    async changesSince(cursor, question) {
      if (closed) throw new UpstreamError('unavailable');
      journal ??= openJournal();
      return journal.read(cursor, question);
    },
    upstreams: () => [upstream.state, ...(journal ? [journal.upstream.state] : [])],
    probe: async (name, call) => {
      const ask = name === journal?.upstream.name ? journal.get : get;
      await ask(`chiTietDoanhNghiep?msdn=${NO_ENTERPRISE}`, call);
    },
    close: async () => {
      closed = true;
      await Promise.all([upstream.close(), journal?.upstream.close()]);
    },
  };
}
