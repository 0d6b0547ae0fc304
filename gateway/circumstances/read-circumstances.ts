/** From a request's header fields to the circumstances that they declare. */
import type { IncomingHttpHeaders } from 'node:http';
import { Problem } from '../problems/problem.ts';
import { type Circumstance, type Circumstances, circumstances, type Granting } from './circumstances.ts';

/**
 * The value of one circumstance, `undefined` where the request does not declare it.
 * @throws Problem `header_invalid`
 */
export function readCircumstance(
  headers: IncomingHttpHeaders,
  { field, shape, refusal }: Pick<Circumstance, 'field' | 'shape' | 'refusal'>,
): string | undefined {
  const value = headers[field];
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || !shape.test(value)) {
    throw new Problem('header_invalid', { errors: [{ header: field, ...refusal }] });
  }
  return value;
}

/**
 * All circumstances of a call under `agreement`. Where the agreement leaves the granted one undeclared, it grants one value,
 * and this value applies.
 * @throws Problem `header_invalid`
 */
export function readCircumstances(headers: IncomingHttpHeaders, agreement: Granting): Circumstances {
  const read: Partial<Record<keyof Circumstances, string | undefined>> = {};
  for (const row of circumstances) {
    const meant = row.grantedBy && agreement[row.grantedBy][0];
    read[row.member] = readCircumstance(headers, row) ?? meant;
  }
  return read as Circumstances;
}
