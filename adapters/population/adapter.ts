/**
 * The population registry: SOAP 1.1, operations `TraCuuThongTinCongDan`, `XacThucThongTinCongDan` and `DangKyThuongTru`
 * (docs/registries.md, "Population").
 *
 * The only answers that mean "no such person", or "no match" (docs/registries.md, "No such record"):
 * - look-up: 200 with an empty `CongdanCollection` that is alone in the answer (`collection.ts`), or a person whose name or birth
 *   date is readable and differs from the request. For a day of birth, also when the registry is asked for the year alone and
 * refuses
 *   that question or finds several persons;
 * - verification: 200 with `TonTai` "false" or "0", alone in the answer but for elements that say nothing (`beside.ts`);
 * - registration: 200 with `TrangThai` "TU_CHOI" and `MaLyDo`, or "KHONG_CO", and nothing of a person (`residence.ts`).
 */
import type {
  Person,
  PersonLookupRequest,
  PersonVerifyRequest,
  ResidenceRegisterRequest,
} from '../../schemas/types.ts';
import { type Adapter, absent, type CallContext, type RegistryAnswer, UpstreamError } from '../adapter.ts';
import { asSource, malformed, type Source } from '../records/mapping.ts';
import {
  compileDimensions,
  type DimensionsOf,
  PROVINCE,
  positionOf,
  readHolding,
  readWithin,
} from '../records/within.ts';
import type { UpstreamResponse } from '../upstream/exchange.ts';
import { openError } from '../upstream/open-error.ts';
import { requestHeaders } from '../upstream/request-headers.ts';
import { statusError } from '../upstream/status.ts';
import { Upstream, type UpstreamOptions } from '../upstream/upstream.ts';
import { saysNothing } from '../values/blank.ts';
import { foldName, isPersonName } from '../values/letters.ts';
import { saysNothingBeside } from './beside.ts';
import { readCollection } from './collection.ts';
import { createSigner, type PopulationCredentials } from './credentials.ts';
import { birthCriterion, readBirthDate, readPerson, refusals } from './mapping.ts';
import { type Ask, createResidenceRegistration } from './residence.ts';
import { child, type Elements, readBody, readFault, SERVICE, writeEnvelope } from './soap.ts';
import type { XmlElement } from './xml.ts';

/** Name of an operation and the code (`MaTichHop`) that the registry requires with it. */
const LOOKUP = { operation: 'TraCuuThongTinCongDan', integration: '037' } as const;
const VERIFY = { operation: 'XacThucThongTinCongDan', integration: '038' } as const;

const residenceOf = compileDimensions({
  provinceCode: { path: ['ThuongTru', 'MaTinhThanh'], form: PROVINCE },
});
const countryOf = compileDimensions({ country: { path: ['ThuongTru', 'QuocGia'], form: /^[A-Z]{2}$/ } });

/** Dimensions of a `CongDan`. A resident of another country has no province; an address that cannot be read is unreadable. */
const dimensionsOf: DimensionsOf = (person) => {
  const { country } = countryOf(person);
  const { provinceCode } = residenceOf(person);
  const abroad = provinceCode === undefined && typeof country === 'string' && country !== 'VN';
  return { provinceCode: abroad ? country : provinceCode };
};

/** Texts of which an answer with a person has at least one, as an element, with or without a prefix. */
const MARKS = ['CongDan>', 'CongDan/', 'SoDinhDanh', 'HoVaTen'];

/** The compared parts of a name. */
const NAME_PARTS = ['Ho', 'ChuDem', 'Ten'];

/** A number that nobody has, because no province and no country has the code 000. Its look-up finds no person. */
const NOBODY = '000000000000';

/** `xs:boolean` (XML Schema, part 2, section 3.2.2). */
const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
]);

/** Reason of a refusal with an unknown code of the registry's own. */
const REFUSED = 'request_refused';

/** Reasons of refusals by the registry itself, not by a proxy before it. */
const ownRefusals: ReadonlySet<string> = new Set([...refusals.values(), REFUSED]);

/** Lengths of a birth date: `1945`, `1990-05-17`. */
const [YEAR, DAY] = [4, 10];

/** Longest `MaDVC`; a longer dossier number is sent whole in a separate header. */
const PROCEDURE_LENGTH = 20;

export function createPopulationAdapter(
  credentials: PopulationCredentials,
  options: Omit<UpstreamOptions, 'isAnswer'>,
): Adapter {
  const upstream = new Upstream('population', credentials.url, { ...options, isAnswer: isRefusal });
  const sign = createSigner(credentials);

  const ask: Ask = async ({ operation, integration }, elements, call, write) => {
    const circumstances: Elements = [
      ['MaYeuCau', call.requestId],
      ['MaDVC', call.caseId?.slice(0, PROCEDURE_LENGTH)],
      ['MaTichHop', integration],
      ['MaCanBo', call.officerId],
      ['MaDonVi', call.agency],
    ];
    const headers = [
      'Content-Type',
      'text/xml; charset=utf-8',
      'SOAPAction',
      `"${SERVICE}/${operation}"`,
      ...requestHeaders(call),
      ...sign(Date.now()),
    ];
    if (call.caseId !== undefined) headers.push('X-Case-Id', call.caseId);
    const response = await upstream.call({
      method: 'POST',
      path: '',
      headers,
      body: writeEnvelope(operation, [...circumstances, ...elements]),
      idempotent: write ? write.deduplicates : true,
      deadline: call.deadline,
    });
    return readHolding(response.body, MARKS, () =>
      readAnswer(response, `${operation}Response`, write ? openError : statusError),
    );
  };

  async function lookUp(request: PersonLookupRequest, call: CallContext): Promise<RegistryAnswer> {
    // Contracts refuse such a name. Without the letters that the registry lacks, it would be another name.
    if (request.fullName !== undefined && !isPersonName(request.fullName)) return absent;
    const record = readCollection(await ask(LOOKUP, criteria(request), call), call);
    const { birthDate } = request;
    if (birthDate?.length !== DAY) return record ? readAsked(record, request, call) : absent;
    return orByYear(
      () => (record ? readAsked(record, request, call) : absent),
      async () => {
        const byYear = criteria({ ...request, birthDate: birthDate.slice(0, YEAR) });
        const other = await unlessUndecided(async () =>
          readCollection(await ask(LOOKUP, byYear, call), call),
        );
        if (record !== undefined || other === undefined) return undefined;
        const born = readBirthDate(other.NgayThangNamSinh, 'NgayThangNamSinh');
        return born?.length === DAY ? undefined : readAsked(other, request, call);
      },
    );
  }

  /** @throws UpstreamError `malformed` for a record of another person, and for one that cannot be compared */
  function readAsked(record: Source, request: PersonLookupRequest, call: CallContext): RegistryAnswer {
    return readWithin<RegistryAnswer>(
      call.within,
      () => dimensionsOf(record),
      () => {
        const person = readPerson(record, 'CongDan');
        requireAsked(person, request);
        if (!person.fullName) throw malformed('HoVaTen');
        requireComparable(record, person, request);
        return matches(person, request) ? { found: true, data: person } : absent;
      },
    );
  }

  /** By the residence that the registry has, not by the one to be registered. */
  async function isWithin(
    { personalId }: Pick<ResidenceRegisterRequest, 'personalId'>,
    call: CallContext,
  ): Promise<boolean> {
    const record = readCollection(await ask(LOOKUP, criteria({ personalId }), call), call);
    const isAsked = typeof record?.SoDinhDanh === 'string' && record.SoDinhDanh.trim() === personalId;
    return isAsked && positionOf(call.within, dimensionsOf(record)) === 'inside';
  }

  async function verify(request: PersonVerifyRequest, call: CallContext): Promise<RegistryAnswer> {
    if (!isPersonName(request.fullName)) return { found: true, data: { match: false } };
    const answer = await ask(VERIFY, criteria(request), call);
    const verdict = child(answer, SERVICE, 'TonTai');
    const match = BOOLEANS.get(verdict.text.trim());
    // A service that could not look also answers "false", beside a message.
    const isAlone = answer.children.every((one) => one === verdict || saysNothingBeside(one, call));
    if (match === undefined || verdict.attributed || answer.attributed || !isAlone) throw malformed('TonTai');
    return { found: true, data: { match } };
  }

  return {
    registry: 'population',
    operations: { 'population.person.lookup@1': lookUp, 'population.person.verify@1': verify },
    writes: { 'population.residence.register@1': { ...createResidenceRegistration(ask), isWithin } },
    upstreams: () => [upstream.state],
    probe: async (_upstream, call) => {
      await ask(LOOKUP, [['SoDinhDanh', NOBODY]], call);
    },
    close: () => upstream.close(),
  };
}

/**
 * A registry that has only the year of a person's birth finds nobody by a full date. So a person who is not found by the
 * day is asked for by the year; a record with a day then has another day. Every person who is not found is asked for twice,
 * also one inside the registry and outside the scope, so the duration discloses nothing.
 * @param byYear the answer by the year; `undefined`: the answer by the day stands
 */
async function orByYear(
  byDay: () => RegistryAnswer,
  byYear: () => Promise<RegistryAnswer | undefined>,
): Promise<RegistryAnswer> {
  const answer = await Promise.try(byDay).catch((error: unknown) =>
    byYear().then(() => Promise.reject(error)),
  );
  return answer.found ? answer : ((await byYear()) ?? answer);
}

/**
 * The question by the year refines the answer by the day, which the registry has already given. So that answer stands when the
 * second one identifies nobody: several persons of the year, or the registry's own refusal, since it may accept no year at all.
 * As a failure, several persons would disclose that the year is right. A failure without any person stays a failure, since it
 * leaves open whether the registry has the year alone.
 */
async function unlessUndecided(ask: () => Promise<Source | undefined>): Promise<Source | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof UpstreamError && (isOwnRefusal(error) || isOfPersons(error))) return undefined;
    throw error;
  }
}

function isOwnRefusal({ failure, reason }: UpstreamError): boolean {
  return failure === 'refused' && reason !== undefined && ownRefusals.has(reason);
}

/** A failure over an answer that has no person is marked as `within` (`readCollection`, `readHolding`). */
function isOfPersons({ failure, within }: UpstreamError): boolean {
  return failure === 'malformed' && !within;
}

/** The search criteria of a look-up. */
function criteria({ personalId, identityCardNumber, fullName, birthDate }: PersonLookupRequest): Elements {
  return [
    ['SoDinhDanh', personalId],
    ['SoCMND', identityCardNumber],
    ['HoVaTen', fullName === undefined ? undefined : foldName(fullName)],
    ['NgayThangNamSinh', birthDate === undefined ? undefined : birthCriterion(birthDate)],
  ];
}

/**
 * @param failed translates a status without an answer of the registry's own
 * @throws UpstreamError
 */
function readAnswer(response: UpstreamResponse, name: string, failed: typeof statusError): XmlElement {
  // SOAP 1.1 sends faults with 500 (section 6.2), which is also the status of a server error.
  if (response.status !== 200 && response.status !== 500) throw failed(response);
  const answer = readUnless(response.status === 500, response);
  const fault = readFault(answer);
  if (fault?.code) {
    throw new UpstreamError('refused', { reason: refusals.get(fault.code) ?? REFUSED });
  }
  if (fault || response.status === 500) throw statusError({ ...response, status: 500 });
  if (answer.name !== name || answer.namespace !== SERVICE) throw malformed(name);
  return answer;
}

/** Reads the body; an unreadable body with an error status is just that error. */
function readUnless(failed: boolean, response: UpstreamResponse): XmlElement {
  try {
    return readBody(response.body);
  } catch (error) {
    throw failed ? statusError(response) : error;
  }
}

/** A refusal with a code of the registry's own shows that the registry is well. */
function isRefusal(response: UpstreamResponse): boolean {
  if (response.status !== 500) return false;
  try {
    return readFault(readBody(response.body))?.code !== undefined;
  } catch {
    return false;
  }
}

/** @throws UpstreamError `malformed` for a record of another person than the request's */
function requireAsked(person: Person, { personalId, identityCardNumber }: PersonLookupRequest): void {
  if (personalId !== undefined && person.personalId !== personalId) throw malformed('SoDinhDanh');
  if (identityCardNumber !== undefined && person.identityCardNumber !== identityCardNumber)
    throw malformed('SoCMND');
}

/**
 * A name or birth date that the record lacks, or has only in unknown parts, is not a different one.
 * @throws UpstreamError `malformed`, whatever the request: the answer must not show whether a guess is right
 */
function requireComparable(
  record: Source,
  person: Person,
  { fullName, birthDate }: PersonLookupRequest,
): void {
  if (birthDate !== undefined && person.birthDate === undefined) throw malformed('NgayThangNamSinh');
  if (fullName === undefined) return;
  const parts = Object.entries(asSource(record.HoVaTen, 'HoVaTen'));
  if (!parts.every(([name, value]) => NAME_PARTS.includes(name) || saysNothing(value)))
    throw malformed('HoVaTen');
}

/** Does a record match the request's other criteria? A year alone, on either side, matches any day of it. */
function matches(person: Person, { fullName, birthDate }: PersonLookupRequest): boolean {
  if (birthDate !== undefined) {
    const born = person.birthDate!;
    const known = Math.min(born.length, birthDate.length);
    if (born.slice(0, known) !== birthDate.slice(0, known)) return false;
  }
  if (fullName === undefined) return true;
  const { familyName = '', middleName = '', givenName = '' } = person.fullName;
  return foldName(fullName) === foldName(familyName + middleName + givenName);
}
