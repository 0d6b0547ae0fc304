/** The problem by which the gateway reports a write that the registry rejected. */
import type { Rejection } from '../../adapters/adapter.ts';
import type { ProblemCode } from '../problems/codes.ts';
import { Problem } from '../problems/problem.ts';

/** An absent record gives the same code as in a read; a rejection without a code here states its reason. */
const codes: Partial<Readonly<Record<Rejection, ProblemCode>>> = {
  no_such_record: 'not_found',
  version_stale: 'record_changed',
};

export function problemOfRejection(reason: Rejection): Problem {
  const code = codes[reason];
  return code ? new Problem(code) : new Problem('write_rejected', { reason });
}
