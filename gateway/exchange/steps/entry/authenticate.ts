/** authenticate: the token of the request -> its Caller, or 401. At once for a bearer token that was verified before. */
import type { Identity } from '../../../identity/identity.ts';
import { type Awaitable, chain } from '../../../runtime/chain.ts';
import type { Call, Identified } from '../../call.ts';

/** @throws Problem (or rejects with it) what `Identity.authenticate` throws */
export function authenticate<C extends Call>(
  call: C,
  { identity }: { readonly identity: Pick<Identity, 'authenticate'> },
): Awaitable<C & Identified> {
  return chain(identity.authenticate(call.request), (caller) => ({ ...call, caller }));
}
