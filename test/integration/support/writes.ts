/** Writes of Hà Nội's one-stop desk, on parcels and persons that no other test of this process has touched. */
import { randomUUID } from 'node:crypto';
import { samples } from '../../../deploy/sandbox/registries/samples.ts';
import type { Setting } from '../../support/setting.ts';
import type { Headers, TestClient } from '../../support/test-client.ts';

export const TRANSFER = 'land.parcel.register-transfer';
export const RESIDENCE = 'population.residence.register';

const { present, absent } = samples().persons;
export const buyer = present[1]!;
export const stranger = absent[0]!;

let taken = 0;

export interface Sale {
  readonly provinceCode: string;
  readonly communeCode: string;
  readonly mapSheet: string;
  readonly parcelNumber: string;
  readonly recordVersion: number;
  readonly from: readonly object[];
  readonly to: readonly object[];
}

/** The sale of a whole parcel in Hà Nội: another one each time. */
export function sale({ registries }: Setting): Sale {
  taken++;
  const communeCode = '00454';
  const mapSheet = String(Math.floor(taken / 100) + 1);
  const parcelNumber = String((taken % 100) + 1);
  const parcel = registries.registries.land.find(communeCode, mapSheet, parcelNumber)!;
  return {
    provinceCode: '01',
    communeCode,
    mapSheet,
    parcelNumber,
    recordVersion: parcel.version,
    from: parcel.owners.map(({ kind, position, share }) => {
      const { population, business } = registries.registries;
      return kind === 'person'
        ? { personalId: population.at(position).number, sharePercent: share }
        : { enterpriseCode: business.at(position).code, sharePercent: share };
    }),
    to: [{ personalId: buyer, sharePercent: 100 }],
  };
}

/** The parcel's version at the registry itself. */
export function versionOf({ registries }: Setting, { communeCode, mapSheet, parcelNumber }: Sale): number {
  return registries.registries.land.find(communeCode, mapSheet, parcelNumber)!.version;
}

/** Sends it under a key: a new one unless it is given. */
export function sell(gateway: TestClient, input: object, key: string = randomUUID(), headers: Headers = {}) {
  return gateway.call('H26.motcua', TRANSFER, input, { 'idempotency-key': key, ...headers });
}

export const subjectOf = ({ communeCode, mapSheet, parcelNumber }: Sale): string =>
  `${communeCode}/${mapSheet}/${parcelNumber}`;

export interface ChangeRow {
  readonly position: number;
  readonly version: number;
  readonly operation: string;
  readonly changed_fields: readonly string[];
  readonly data: { readonly owners?: readonly object[] };
  readonly transaction: string;
}

/** The changes of a subject in the outbox. */
export function outbox(setting: Setting, subject: string): Promise<ChangeRow[]> {
  return setting.query(
    `SELECT position, version, operation, changed_fields, data, xmin::text AS transaction
     FROM change WHERE subject = $1 ORDER BY position`,
    [subject],
  );
}

/** Kind, status and code of what the evidence holds of a request, in order, and by which transactions it came. */
export async function trail(setting: Setting, requestId: string | undefined) {
  const rows = await setting.query<{
    kind: string;
    status: number;
    code: string | null;
    transaction: string;
  }>(
    'SELECT kind, status, code, xmin::text AS transaction FROM evidence WHERE request_id = $1 ORDER BY at, id',
    [requestId],
  );
  return { steps: rows.map(({ kind, status, code }) => [kind, status, code]), rows };
}

export interface WriteRow {
  readonly id: string;
  readonly state: string;
  readonly asked: number;
  readonly intent: Buffer | null;
  readonly outcome: Buffer | null;
}

export const writes = (setting: Setting): Promise<WriteRow[]> =>
  setting.query('SELECT id, state, asked, intent, outcome FROM write ORDER BY begun_at');
