/** The changes that the provider pushes: updates of enterprises, in order, each the registry's whole record. */
import { canonicalEnterprise, enterpriseCodes } from '../records/enterprise.ts';

/** Changes of one call. */
export const BATCH_SIZE = 500;
/** Enterprises that change, one after the other, over and over. */
const SUBJECTS = 20_000;

const codes = enterpriseCodes(SUBJECTS);

/** The body of a call, by its number: 0, 1, 2 … */
export function batchBody(number: number): string {
  const changes = Array.from({ length: BATCH_SIZE }, (_, index) => {
    const serial = number * BATCH_SIZE + index;
    const subject = codes[serial % SUBJECTS]!;
    const version = Math.floor(serial / SUBJECTS) + 1;
    return {
      entity: 'enterprise',
      subject,
      version,
      operation: version === 1 ? 'created' : 'updated',
      occurredAt: '2026-03-02T09:15:00+07:00',
      changedFields: version === 1 ? [] : ['/charterCapital', '/numberOfChanges'],
      data: {
        ...canonicalEnterprise(subject),
        charterCapital: 20_000_000_000 + version,
        numberOfChanges: version,
      },
    };
  });
  return JSON.stringify({ changes });
}
