/**
 * A second kind of adapter, to try the conformance suite with: a civil status registry that has one address, to which everything is
 * posted, the page and its size too, and that lists two entities. Broken in one way at a time, the suite must find it.
 *
 * "None" is `ketQua` "KHONG_CO", alone.
 */
import {
  type Adapter,
  absent,
  type CallContext,
  type RegistryAnswer,
  type Scan,
  type ScanPage,
  UpstreamError,
} from '../../../adapters/adapter.ts';
import { type Listed, readScanPage } from '../../../adapters/pages/scan-page.ts';
import { readJson } from '../../../adapters/records/json.ts';
import { asSource, malformed, record, type Source, text, whole } from '../../../adapters/records/mapping.ts';
import { count, requireNothingBeside } from '../../../adapters/records/none.ts';
import {
  compileDimensions,
  markWithin,
  PROVINCE,
  readHolding,
  readWithin,
} from '../../../adapters/records/within.ts';
import { statusError } from '../../../adapters/upstream/status.ts';
import { Upstream, type UpstreamOptions } from '../../../adapters/upstream/upstream.ts';

/** One way in which the adapter does what it must not. */
export type Broken =
  | 'infers absence'
  | 'takes an empty answer for none'
  | 'hides that nothing was understood'
  | 'ignores the scope'
  | 'marks all failures as inside'
  | 'takes any record'
  | 'quotes the registry'
  | 'names no request'
  | 'leaves the trace out'
  | 'asks once'
  | 'counts refusals as trouble'
  | 'names another registry'
  | 'stays open'
  | 'pages by number'
  | 'takes any page'
  | 'stops at what it cannot read'
  | 'reads past the rows'
  | 'mixes its entities up'
  | 'forgets an entity'
  | 'probes nobody'
  | 'probes by a record';

interface Registration {
  number: string;
  name: string;
  provinceCode: string;
  version: number;
}

const readRegistration = record<Registration>({
  number: ['so', text],
  name: ['hoTen', text],
  provinceCode: ['maTinh', text],
  version: ['phienBan', whole],
});
const dimensionsOf = compileDimensions({ provinceCode: { path: ['maTinh'], form: PROVINCE } });
const numberOf = (source: Source) => text(source.so, 'so');

export const BIRTHS = 'KHAI_SINH';
export const DEATHS = 'KHAI_TU';

/** Registrations are numbered by their kind. */
const NOBODY = 'KHONG-0';
/** One that there may be. */
const SOMEBODY = `${BIRTHS}-3`;

export function createCivilAdapter(url: string, options: UpstreamOptions, broken?: Broken): Adapter {
  const is = (one: Broken) => one === broken;
  const upstream = new Upstream(is('names another registry') ? 'population' : 'civil', url, {
    ...options,
    ...(!is('counts refusals as trouble') && { isAnswer: ({ body }) => body.includes('TU_CHOI') }),
  });

  /** @returns what was answered; undefined: there is none */
  async function ask(
    question: object,
    call: Pick<CallContext, 'requestId' | 'traceparent' | 'deadline'>,
  ): Promise<Source | undefined> {
    const response = await upstream.call({
      method: 'POST',
      path: '',
      headers: call.traceparent && !is('leaves the trace out') ? ['traceparent', call.traceparent] : [],
      body: JSON.stringify({ maYeuCau: is('names no request') ? 'x' : call.requestId, ...question }),
      idempotent: !is('asks once'),
      deadline: call.deadline,
    });
    const read = () => {
      if (response.status !== 200 && response.status !== 500) throw statusError(response);
      if (response.status === 500 && !response.body.includes('TU_CHOI')) throw statusError(response);
      if (is('takes an empty answer for none') && response.body.length === 0) return undefined;
      if (is('quotes the registry') && response.body[0] !== 0x7b) {
        throw new UpstreamError('malformed', { cause: response.body.toString() });
      }
      const answer = readJson(response.body);
      switch (answer.ketQua) {
        case 'TU_CHOI':
          throw new UpstreamError('refused', { reason: 'access_denied' });
        case 'KHONG_CO':
          if (!is('infers absence')) requireNothingBeside(answer, ['ketQua']);
          return undefined;
        case 'CO':
          return answer;
        default:
          if (is('infers absence')) return undefined;
          throw malformed('ketQua');
      }
    };
    return is('hides that nothing was understood')
      ? read()
      : readHolding(response.body, ['"so"', 'hoTen'], read);
  }

  async function lookUp({ number }: { number: string }, call: CallContext): Promise<RegistryAnswer> {
    const answer = await ask({ thaoTac: 'TRA_CUU', so: number }, call);
    if (!answer) return absent;
    if (answer.duLieu === undefined) throw markWithin(malformed('duLieu'));
    const found = asSource(answer.duLieu, 'duLieu');
    const read = (): RegistryAnswer => {
      const data = readRegistration(found, 'duLieu');
      if (data.number !== number && !is('takes any record')) throw malformed('so');
      return { found: true, data };
    };
    if (is('ignores the scope')) return read();
    if (is('marks all failures as inside')) {
      try {
        read();
      } catch (error) {
        throw markWithin(error);
      }
    }
    return readWithin(call.within, () => dimensionsOf(found), read);
  }

  const scan =
    (kind: string): Scan =>
    async ({ after = '', limit, within, rows }, call): Promise<ScanPage> => {
      const loai = is('mixes its entities up') ? BIRTHS : kind;
      const listFrom = async (sau: string | number, soDong: number): Promise<Listed> => {
        const answer = await ask({ thaoTac: 'LIET_KE', loai, trang: { sau, soDong } }, call);
        if (!answer) return { list: [], remaining: 0 };
        return { list: answer.duLieu, remaining: count(answer.conLai, 'conLai') };
      };
      if (is('pages by number') || is('takes any page')) {
        const { list, remaining: left } = await listFrom(
          is('pages by number') ? Number(after) : after,
          limit,
        );
        if (!Array.isArray(list)) throw malformed('duLieu');
        const all = list.map((item) => readRegistration(item, 'duLieu'));
        const next = is('pages by number') ? String(Number(after) + all.length) : all.at(-1)?.number;
        return {
          rows: all.map((data) => ({ data, version: data.version })),
          unreadable: 0,
          next: all.length < left ? next : undefined,
        };
      }
      const page = await readScanPage(listFrom, {
        ...{ field: 'duLieu', after, limit, within, dimensionsOf, keyOf: numberOf },
        rows: is('reads past the rows') ? undefined : rows,
        read: (source) => {
          const data = readRegistration(source, 'duLieu');
          return { data, version: whole(data.version, 'phienBan') };
        },
      });
      if (is('stops at what it cannot read') && page.unreadable > 0) throw malformed('duLieu');
      return page;
    };

  return {
    registry: 'civil',
    operations: { 'civil.birth.lookup@1': lookUp },
    scans: {
      'birth@1': scan(BIRTHS),
      ...(!is('forgets an entity') && { 'death@1': scan(DEATHS) }),
    },
    upstreams: () => [upstream.state],
    probe: async (_upstream, call) => {
      if (is('probes nobody')) return;
      await ask({ thaoTac: 'TRA_CUU', so: is('probes by a record') ? SOMEBODY : NOBODY }, call);
    },
    close: async () => {
      if (!is('stays open')) await upstream.close();
    },
  };
}
