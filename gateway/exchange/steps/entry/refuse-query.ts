/** refuse a query: this route has no parameters, and an unknown one is an error and not a silence. */
import { Problem } from '../../../problems/problem.ts';
import { checks } from '../../../problems/sentences/checks.ts';
import { safeName } from '../../../problems/violations.ts';
import type { Call } from '../../call.ts';

/** @throws Problem `contract_violation` */
export function refuseQuery<C extends Call>(call: C): C {
  const [unknown] = Object.keys(call.request.query as object);
  if (unknown === undefined) return call;
  throw new Problem('contract_violation', {
    errors: [{ parameter: safeName(unknown), ...checks.unknownParameter }],
  });
}
