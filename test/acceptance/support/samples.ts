/** Subjects to try, as `lienthong sandbox samples --json` prints them. */
import type { Test } from 'tap';
import { lienthong } from './sandbox.ts';

export interface ParcelKey {
  readonly communeCode: string;
  readonly mapSheet: string;
  readonly parcelNumber: string;
}

interface SampleSet<T> {
  readonly present: readonly T[];
  readonly absent: readonly T[];
  readonly malformed: readonly T[];
}

export interface Samples {
  readonly persons: SampleSet<string>;
  readonly enterprises: SampleSet<string>;
  readonly parcels: SampleSet<ParcelKey>;
  readonly notable: {
    readonly persons: readonly {
      readonly label: string;
      readonly personalId: string;
      readonly identityCardNumber?: string;
      readonly fullName: string;
      readonly birthDate: string;
    }[];
    readonly enterprises: readonly {
      readonly label: string;
      readonly enterpriseCode: string;
      readonly name: string;
    }[];
  };
}

export async function readSamples(test: Pick<Test, 'teardown'>): Promise<Samples> {
  const { code, output } = await lienthong(test, ['sandbox', 'samples', '--json']);
  if (code !== 0) throw new Error(`sandbox samples ended with ${code}: ${output}`);
  return JSON.parse(output);
}

/** A path segment each; what is empty or has blanks is encoded. */
export const parcelPath = ({ communeCode, mapSheet, parcelNumber }: ParcelKey): string =>
  `/v1/land/parcels/${[communeCode, mapSheet, parcelNumber].map(encodeURIComponent).join('/')}`;
