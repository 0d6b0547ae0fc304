/** Names the parameter or header of a refused cursor: the feed and the copies know its value only. */
import { Problem, type Violation } from '../../problems/problem.ts';
import { checks } from '../../problems/sentences/checks.ts';

/** Where a cursor came from. */
export type CursorPlace = Pick<Violation, 'parameter' | 'header'>;

export const AFTER: CursorPlace = { parameter: 'after' };

/** As `work`, but a `cursor_invalid` has the cursor's place in its errors. */
export function namingCursor<T>(place: CursorPlace, work: Promise<T>): Promise<T> {
  return work.catch((error: unknown) => {
    if (!(error instanceof Problem) || error.code !== 'cursor_invalid') throw error;
    throw new Problem('cursor_invalid', { ...error.members, errors: [{ ...place, ...checks.cursor }] });
  });
}
