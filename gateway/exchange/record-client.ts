/**
 * Evidence of the token and the revocation endpoint: of each refusal to a client that has authenticated, and of each token that
 * its client revoked, in one transaction with the revocation.
 */
import { undeclared } from '../circumstances/recorded-circumstances.ts';
import type { EvidenceEntry, EvidenceLog } from '../evidence/evidence.ts';
import type { ClientRecords, ClientRefusal, OwnRevocation } from '../identity/clients/client-records.ts';
import type { Revocations } from '../identity/revocations.ts';

export function clientRecords(
  evidence: Pick<EvidenceLog, 'append' | 'appendIn'>,
  revocations: Pick<Revocations, 'revoke'>,
): ClientRecords {
  return {
    refused: (refusal) => evidence.append(entryOfRefusal(refusal)),
    revoke: async (own) => {
      await revocations.revoke(
        { kind: 'token', value: own.caller.tokenId },
        {
          ...{ by: own.client.system.id, reason: 'revoked by its own client (RFC 7009)' },
          ownToken: { expiresAt: own.caller.expiresAt },
        },
        (client) => evidence.appendIn(client, [entryOfRevocation(own)]),
      );
    },
  };
}

/** No request of a client has circumstances of an agreement, a person or data. */
const nothing = {
  ...undeclared,
  ...{ subjects: [], fields: undefined, response: undefined },
};

function entryOfRefusal(refusal: ClientRefusal): EvidenceEntry {
  const { client, requestId, service, status, code, reason, agreement, legalBasis, request } = refusal;
  return {
    ...nothing,
    ...whoOf(client),
    ...{ requestId, kind: 'refusal', service, status, code, reason, agreement, legalBasis, request },
    tokenId: undefined,
  };
}

function entryOfRevocation({ client, caller, requestId, service, request }: OwnRevocation): EvidenceEntry {
  return {
    ...nothing,
    ...whoOf(client),
    ...{ requestId, kind: 'revocation', service, status: 200, code: undefined, reason: 'token', request },
    ...{ tokenId: caller.tokenId, agreement: undefined, legalBasis: [] },
  };
}

function whoOf({ system, keyThumbprint }: ClientRefusal['client']) {
  return { agency: system.agency.code, system: system.id, keyThumbprint };
}
