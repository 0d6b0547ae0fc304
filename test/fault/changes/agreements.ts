/** The agreements of the run, with different fields and rows. One grants no identifier at all. */

export interface TestAgreement {
  readonly agreement: string;
  /** The system that it is for. */
  readonly consumer: string;
  /** JSON Pointers with `*`, as the agreement file has them. */
  readonly fields: readonly string[];
  /** Rows; left out: all. */
  readonly provinces?: readonly string[];
}

export const agreements = {
  taxes: {
    agreement: 'TT-2026-Z91-01',
    consumer: 'Z91.taxes',
    fields: ['/enterpriseCode', '/name', '/status', '/headOffice', '/charterCapital', '/members/*/name'],
    provinces: ['01', '79'],
  },
  statistics: {
    agreement: 'TT-2026-Z92-01',
    consumer: 'Z92.statistics',
    fields: ['/registrationId', '/charterCapital', '/headOffice/provinceCode', '/members/*/country'],
  },
  district: {
    agreement: 'TT-2026-Z93-01',
    consumer: 'Z93.district',
    fields: ['/enterpriseCode', '/shortName', '/foreignName', '/status', '/headOffice/communeCode'],
    provinces: ['48'],
  },
} as const satisfies Readonly<Record<string, TestAgreement>>;

export const PROVIDER = 'Z90.provider';
export const PROVIDER_AGREEMENT = 'TT-2026-Z90-01';

export const topicOf = ({ agreement }: TestAgreement): string =>
  `lienthong.business.enterprise.${agreement}.g1`;
