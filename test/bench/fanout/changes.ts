/** The changes that are fanned out, one a call: each has a number of its own, by which it is known again in every event. */
import { canonicalEnterprise, enterpriseCodes } from '../records/enterprise.ts';

/** Where the enterprises are. */
export const PROVINCES = ['01', '48', '79', '92'];
/** Enterprises that change, one after the other, over and over. */
const SUBJECTS = 200;
/** Capital of the enterprise in change 0. */
const CAPITAL = 20_000_000_000;

const codes = enterpriseCodes(SUBJECTS);

export const provinceOf = (serial: number): string => PROVINCES[(serial % SUBJECTS) % PROVINCES.length]!;

/** The body of the call that pushes a change, by its number: 0, 1, 2 … */
export function changeBody(serial: number): string {
  const subject = codes[serial % SUBJECTS]!;
  const version = Math.floor(serial / SUBJECTS) + 1;
  const enterprise = canonicalEnterprise(subject);
  const change = {
    entity: 'enterprise',
    subject,
    version,
    operation: version === 1 ? 'created' : 'updated',
    occurredAt: '2026-03-02T09:15:00+07:00',
    changedFields: version === 1 ? [] : ['/charterCapital', '/numberOfChanges'],
    data: {
      ...enterprise,
      numberOfChanges: version,
      charterCapital: CAPITAL + serial,
      headOffice: { ...enterprise.headOffice, provinceCode: provinceOf(serial) },
    },
  };
  return JSON.stringify({ changes: [change] });
}

/** The number of the change that a capital identifies. */
export const serialOf = (capital: number): number => capital - CAPITAL;
