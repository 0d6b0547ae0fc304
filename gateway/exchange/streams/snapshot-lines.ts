/** A snapshot as a stream of NDJSON lines (https://github.com/ndjson/ndjson-spec); `copies/snapshot.ts` makes the lines. */
import type { OpenedSnapshot } from '../../copies/copies.ts';
import { Problem } from '../../problems/problem.ts';
import type { StreamSource } from './stream.ts';

export const NDJSON = 'application/x-ndjson';

/** @param entity whose snapshot it is, as the grants of the moment name it */
export function snapshotLines(snapshot: OpenedSnapshot, entity: string): StreamSource {
  return {
    contentType: NDJSON,
    opening: snapshot.start,
    async next({ grants }) {
      const grant = grants.find((one) => one.entity.name === entity);
      if (!grant) throw new Problem('no_agreement');
      return snapshot.next(grant);
    },
    end: (reason) => `${JSON.stringify({ stopped: { reason } })}\n`,
  };
}
