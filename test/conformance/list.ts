/** The rules of every operation that answers with a list: the scope is applied before paging. */
import type { Test } from 'tap';
import { send } from '../adapters/support/server.ts';
import { callOf, failureOf, invoke, patient, setUp } from './calls.ts';
import { type Check, type ListSubject, type Subject, scopeOf } from './subject.ts';

export function testList(
  subject: Subject,
  { operation, request, respond, row }: ListSubject,
  test: Check,
): void {
  const { inside, outside } = scopeOf(subject);

  /** All pages: what each holds, where it says that the next begins, and what the registry was asked. */
  async function walk(t: Test, rows: readonly number[], broken: readonly number[] = [], within = inside) {
    const { adapter, asked } = await setUp(t, subject, (response, received) =>
      send(respond(received, rows, broken))(response, received),
    );
    const pages: unknown[] = [];
    const found: unknown[] = [];
    let pageToken: string | undefined;
    do {
      const call = callOf(patient, { within });
      const answer = await invoke(adapter, operation, { ...request, pageSize: 2, pageToken }, call);
      if (!answer.found || !Array.isArray(answer.data)) throw new Error('a list is never absent');
      pages.push([answer.data, answer.nextPageToken]);
      found.push(...answer.data);
      pageToken = answer.nextPageToken;
    } while (pageToken !== undefined);
    return { pages, found, asked: asked().map(({ url }) => url) };
  }

  const even = [0, 2, 4, 6, 8];

  test(`${operation}: rows outside take no room, and leave no trace in what follows`, async (t) => {
    const alone = await walk(t, even);
    t.strictSame(alone.found, even.map(row));
    t.equal(alone.pages.length, 3);
    for (const rows of [
      [1, 0, 2, 4, 6, 8],
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
      [1, 3, 5, 7, 9, 0, 2, 4, 6, 8],
    ]) {
      t.strictSame((await walk(t, rows)).pages, alone.pages, `${rows}`);
      t.strictSame((await walk(t, rows, [1, 3, 5, 7, 9])).pages, alone.pages, `${rows}, broken ones outside`);
    }
    // Two full pages, and whether something comes after them is not for those outside to say.
    t.strictSame((await walk(t, [1, 0, 2, 3, 4, 6, 5])).pages, (await walk(t, [0, 2, 4, 6])).pages);
  });

  test(`${operation}: nothing inside`, async (t) => {
    t.strictSame((await walk(t, [])).pages, [[[], undefined]]);
    t.strictSame((await walk(t, [1, 3, 5], [3])).pages, [[[], undefined]]);
    t.strictSame((await walk(t, even, [], outside)).found, []);
  });

  test(`${operation}: a broken row inside fails the page that it is on`, async (t) => {
    t.equal((await failureOf(t, walk(t, [0, 1, 2], [2]))).failure, 'malformed');
  });
}
