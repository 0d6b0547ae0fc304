/** Names the parameter or header of a refused cursor: the feed and the copies know its value only. */
import { Problem, type Violation } from '../../problems/problem.ts';
import { checks } from '../../problems/sentences/checks.ts';

/** The parameter or the header that held a cursor. */
export type CursorPlace = Pick<Violation, 'parameter' | 'header'>;

export const AFTER: CursorPlace = { parameter: 'after' };

/** Settles like `work`, but adds the cursor's parameter or header to the errors of a `cursor_invalid`. */
export function namingCursor<T>(place: CursorPlace, work: Promise<T>): Promise<T> {
  return work.catch((error: unknown) => {
    if (!(error instanceof Problem) || error.code !== 'cursor_invalid') throw error;
    throw new Problem('cursor_invalid', { ...error.members, errors: [{ ...place, ...checks.cursor }] });
  });
}
