/** How the gateway tells what a registry decided against. */
import type { Rejection } from '../../adapters/adapter.ts';
import type { ProblemCode } from '../problems/codes.ts';
import { Problem } from '../problems/problem.ts';

/** A record that is not there reads as everywhere; the rest tells its reason. */
const codes: Partial<Readonly<Record<Rejection, ProblemCode>>> = {
  no_such_record: 'not_found',
  version_stale: 'record_changed',
};

export function problemOfRejection(reason: Rejection): Problem {
  const code = codes[reason];
  return code ? new Problem(code) : new Problem('write_rejected', { reason });
}
