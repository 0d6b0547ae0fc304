/** A change that a caller wants, with everything that a replica needs to finish it without the caller. */
import type { CallContext } from '../../adapters/adapter.ts';
import { type Circumstances, pickCircumstances } from '../circumstances/circumstances.ts';
import type { EvidenceEntry } from '../evidence/evidence.ts';

/** The caller, the agreement and the circumstances: the same in every evidence entry of one write. */
export type Asker = Circumstances &
  Pick<
    EvidenceEntry,
    | 'requestId'
    | 'agency'
    | 'system'
    | 'keyThumbprint'
    | 'tokenId'
    | 'agreement'
    | 'legalBasis'
    | 'service'
    | 'subjects'
  >;

export interface Intent {
  /** UUIDv7: the upstream's request id, and the id of the evidence of the intent. */
  readonly id: string;
  readonly asker: Asker;
  /** Validated against the contract, and within the scope. */
  readonly request: unknown;
}

/** The context of a call to the registry for an intent. @param deadline milliseconds from now */
export function callOf({ id, asker }: Intent, deadline: number): CallContext {
  return {
    requestId: id,
    agency: asker.agency,
    system: asker.system,
    ...pickCircumstances(asker),
    deadline: performance.now() + deadline,
  };
}

/** The evidence of an intent's outcome. */
export function entryOf(asker: Asker, status: number, code: string | undefined): EvidenceEntry {
  return {
    ...asker,
    kind: 'write',
    fields: undefined,
    status,
    code,
    request: undefined,
    response: undefined,
  };
}
