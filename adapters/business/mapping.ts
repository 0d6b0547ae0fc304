/** Maps the business registry's record of an enterprise to the canonical one (docs/registries.md, "Business"). */
import type { Enterprise } from '../../schemas/types.ts';
import {
  code,
  dong,
  flag,
  list,
  own,
  percent,
  type Reader,
  record,
  type Source,
  slashDate,
  type Table,
  text,
  WHOLE,
  whole,
} from '../records/mapping.ts';
import { compileDimensions, PROVINCE } from '../records/within.ts';

type Part<K extends keyof Enterprise> = NonNullable<Enterprise[K]>;
type Item<K extends 'legalRepresentatives' | 'activities' | 'members'> = Part<K>[number];

const type: Table<Part<'type'>> = {
  code: ['ENTERPRISE_TYPE_ID', text],
  name: ['ENTERPRISE_TYPE_NAME', text],
};

/** The registry names the province; it names the commune only within the whole address. */
const headOffice: Table<Omit<Part<'headOffice'>, 'communeName'>> = {
  provinceCode: ['CityID', text],
  provinceName: ['CityName', text],
  districtCode: ['DistrictID', text],
  communeCode: ['WardID', text],
  street: ['StreetNumber', text],
  fullText: ['AddressFullText', text],
};

const activity: Table<Item<'activities'>> = {
  code: ['CODE', text],
  name: ['NAME', text],
  main: ['IS_MAIN', flag],
};

const member: Table<Item<'members'>> = {
  name: ['MEMBER_NAME', text],
  amount: ['AMOUNT', dong],
  ratioPercent: ['RATIO_PERCENT', percent],
  country: ['COUNTRY', text],
};

/** Names joined by semicolons. Semicolons without a name are left out, since they do not mean that there is no representative. */
const legalRepresentatives: Reader<Item<'legalRepresentatives'>[] | undefined> = (value, field) => {
  const representatives = text(value, field)
    .split(';')
    .map((fullName) => ({ fullName: own(fullName.trim()) }))
    .filter(({ fullName }) => fullName !== '');
  return representatives.length > 0 ? representatives : undefined;
};

const mainInformation: Table<Omit<Enterprise, 'headOffice' | 'activities' | 'members'>> = {
  enterpriseCode: ['ENTERPRISE_GDT_CODE', text],
  registrationId: ['ENTERPRISE_ID', text],
  importedBusinessCode: ['IMP_BUSINESS_CODE', text],
  type: [WHOLE, record(type)],
  name: ['NAME', text],
  shortName: ['SHORT_NAME', text],
  foreignName: ['NAME_F', text],
  foundingDate: ['FOUNDING_DATE', slashDate],
  lastAmendedDate: ['LAST_AMEND_DATE', slashDate],
  numberOfChanges: ['NUMBER_CHANGES', whole],
  status: ['ENTERPRISE_STATUS', code({ 1: 'active', 2: 'suspended', 3: 'dissolving', 4: 'dissolved' })],
  legalRepresentatives: ['LEGAL_NAMES', legalRepresentatives],
  charterCapital: ['CAPITAL_AMOUNT', dong],
};

const readMain = record(mainInformation);

const parts: Table<Pick<Enterprise, 'headOffice' | 'activities' | 'members'>> = {
  headOffice: ['HOAdress', record(headOffice)],
  activities: ['BusinessActivity', list(record(activity))],
  members: ['Member', list(record(member))],
};

const readParts = record(parts);

export const enterpriseDimensions = compileDimensions({
  provinceCode: { path: ['HOAdress', 'CityID'], form: PROVINCE },
});

/** An answer with an enterprise has at least one of these members. */
export const MARKS = ['MainInformation', 'HOAdress', 'BusinessActivity', 'Member'];

/** Does an answer have any part of an enterprise? */
export function holdsEnterprise(source: Source): boolean {
  return MARKS.some((name) => source[name] !== undefined && source[name] !== null);
}

/** @throws UpstreamError `malformed` */
export function readEnterprise(source: Source): Enterprise {
  return {
    ...readMain(source.MainInformation, 'MainInformation'),
    ...readParts(source, 'body'),
  };
}

/** `Message` of the answer that means "none", composed (NFC). */
export const NOT_FOUND = 'Không tìm thấy dữ liệu';

/** Reasons by the known messages of refusals; nothing else distinguishes refusals. */
export const refusals: ReadonlyMap<string, string> = new Map([['Không có quyền truy cập', 'access_denied']]);
