/** The changes that the provider pushes: updates of enterprises, in order, each the registry's whole record. */
import { canonicalEnterprise, enterpriseCodes } from '../records/enterprise.ts';

/** Changes of one call. */
export const BATCH_SIZE = 500;
/** Enterprises that change, one after the other, over and over. */
const SUBJECTS = 20_000;

const codes = enterpriseCodes(SUBJECTS);

/** A change's text around what differs from change to change: calls are made while the clock runs, on the others' core. */
const [toSubject, toVersion, toFields, toCode, toCapital, toCount, toEnd] = texts();

/** The body of a call that holds so many changes, from the one with this number (0, 1, 2 …) on. */
export function batchBody(first: number, size: number): Buffer {
  const changes = Array.from({ length: size }, (_, index) => {
    const serial = first + index;
    const subject = codes[serial % SUBJECTS]!;
    const version = Math.floor(serial / SUBJECTS) + 1;
    const kind =
      version === 1
        ? '"operation":"created","changedFields":[]'
        : '"operation":"updated","changedFields":["/charterCapital","/numberOfChanges"]';
    return (
      toSubject +
      subject +
      toVersion +
      version +
      toFields +
      kind +
      toCode +
      subject +
      toCapital +
      (20_000_000_000 + version) +
      toCount +
      version +
      toEnd
    );
  });
  return Buffer.from(`{"changes":[${changes.join(',')}]}`);
}

function texts() {
  const {
    enterpriseCode: _,
    charterCapital: __,
    numberOfChanges: ___,
    ...rest
  } = canonicalEnterprise(codes[0]!);
  return [
    '{"entity":"enterprise","subject":"',
    '","version":',
    ',"occurredAt":"2026-03-02T09:15:00+07:00",',
    ',"data":{"enterpriseCode":"',
    '","charterCapital":',
    ',"numberOfChanges":',
    `,${JSON.stringify(rest).slice(1)}}`,
  ] as const;
}
