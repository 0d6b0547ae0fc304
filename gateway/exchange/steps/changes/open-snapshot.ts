/** open a snapshot: the rows of a copy, as a stream of NDJSON lines. Authorised again for each chunk. */
import type { Copies } from '../../../copies/copies.ts';
import type { RevocationCheck } from '../../../identity/revocations.ts';
import { onClosed } from '../../../wire/caller-left.ts';
import { reauthorise } from '../../authorisation.ts';
import type { Call, Identified, OfEntity, OfStream, Streaming } from '../../call.ts';
import { copyQuestion } from '../../input/copy-question.ts';
import { snapshotQuery } from '../../input/input.ts';
import { AFTER, namingCursor } from '../../input/name-cursor.ts';
import type { OpenStreams } from '../../streams/open-streams.ts';
import { NDJSON, snapshotLines } from '../../streams/snapshot-lines.ts';
import type { Opened } from '../../streams/stream.ts';

interface OpenSnapshotParts {
  readonly copies: Pick<Copies, 'snapshot'>;
  readonly revocations: Pick<RevocationCheck, 'agreements'>;
  readonly streams: OpenStreams;
}

/**
 * @throws Problem (rejects with it) `contract_violation`, `no_agreement`, `too_many_streams`, `overloaded`, and what
 *   `Copies.snapshot` rejects with
 */
export async function openSnapshot<C extends Call & Identified & OfStream & OfEntity & Streaming>(
  call: C,
  { copies, revocations, streams }: OpenSnapshotParts,
): Promise<C & Opened> {
  const { request, reply, caller, service, entity } = call;
  const { after, ranges } = snapshotQuery(request);
  const contentType = NDJSON;
  // Nobody reads what a HEAD would begin.
  if (request.method === 'HEAD') return { ...call, contentType, opened: undefined };
  const stream = streams.open({ caller, service, authorise: reauthorise(call, revocations) });
  try {
    const question = copyQuestion({ request, caller, entity, declaration: stream.granted });
    const snapshot = await namingCursor(AFTER, copies.snapshot(question, after, ranges));
    onClosed(reply.raw, snapshot.close);
    return { ...call, contentType, opened: { stream, source: snapshotLines(snapshot, entity.name) } };
  } catch (error) {
    stream.close();
    throw error;
  }
}
