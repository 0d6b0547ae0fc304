/** key the write: the `Idempotency-Key` under which it is performed once. */
import type { Call, Keyed } from '../../call.ts';
import { readIdempotencyKey } from '../../input/idempotency-key.ts';

/** @throws Problem `header_missing`, `header_invalid` */
export function keyWrite<C extends Call>(call: C): C & Keyed {
  return { ...call, idempotencyKey: readIdempotencyKey(call.request.headers) };
}
