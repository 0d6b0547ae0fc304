/** What a caller wants changed: all that has to be known to finish it without them. */
import type { CallContext } from '../../adapters/adapter.ts';
import { type Circumstances, pickCircumstances } from '../circumstances/circumstances.ts';
import type { EvidenceEntry } from '../evidence/evidence.ts';

/** Who asked, and under what: the same in every entry of one write. */
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
  /** Has passed the contract, and is within the scope. */
  readonly request: unknown;
}

/** How the registry is called for an intent, in milliseconds from now. */
export function callOf({ id, asker }: Intent, deadline: number): CallContext {
  return {
    requestId: id,
    agency: asker.agency,
    system: asker.system,
    ...pickCircumstances(asker),
    deadline: performance.now() + deadline,
  };
}

/** The evidence of what became of an intent. */
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
