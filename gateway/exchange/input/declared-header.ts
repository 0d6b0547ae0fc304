/** The circumstances that a caller declares in header fields, and the form of each. */
import type { IncomingHttpHeaders } from 'node:http';
import { Problem } from '../../problems/problem.ts';
import { checks } from '../../problems/sentences/checks.ts';

/** Lengths are those that the registries take (DOMAIN: dossier code at most 40, officer at most 20). */
export const declaredForms = {
  'x-purpose': { shape: /^[a-z0-9][a-z0-9-]{0,63}$/, sentence: checks.purposeForm },
  'x-case-id': { shape: /^[!-~]{1,40}$/, sentence: checks.caseForm },
  'x-officer-id': { shape: /^[!-~]{1,20}$/, sentence: checks.officerForm },
} as const;

/**
 * The value of a field, `undefined` where the request has none.
 * @throws Problem `header_invalid`
 */
export function declaredHeader(
  headers: IncomingHttpHeaders,
  name: keyof typeof declaredForms,
): string | undefined {
  const value = headers[name];
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || !declaredForms[name].shape.test(value)) {
    throw new Problem('header_invalid', {
      errors: [{ header: name, ...declaredForms[name].sentence }],
    });
  }
  return value;
}
