/** The rules of every `scan` of an adapter: each record once, whatever is added or removed meanwhile. */
import type { Adapter, ScanPage, ScanRow } from '../../adapters/adapter.ts';
import { send, silence } from '../adapters/support/server.ts';
import { callOf, failureOf, patient, requestId, setUp, versioned } from './calls.ts';
import { type Check, type ScanSubject, type Subject, scopeOf } from './subject.ts';

export function testScan(subject: Subject, { entity, respond, row }: ScanSubject, test: Check): void {
  const page = (adapter: Adapter, after?: string, limit = 2, call = callOf()): Promise<ScanPage> =>
    adapter.scans![versioned(entity)]!({ after, limit }, call);

  test(`${entity}, scan: every record once, in the order of keys, in pages`, async (t) => {
    const all = [0, 1, 2, 3, 4];
    const { adapter, asked } = await setUp(t, subject, (response, received) =>
      send(respond(received, all))(response, received),
    );
    const rows: ScanRow[] = [];
    let after: string | undefined;
    do {
      const { next, ...found } = await page(adapter, after);
      t.ok(found.rows.length <= 2);
      rows.push(...found.rows);
      after = next;
    } while (after !== undefined);
    t.strictSame(rows, all.map(row));
    t.equal(asked().length, 3);
    t.equal(subject.requestIdOf(asked()[0]!), requestId);
  });

  test(`${entity}, scan: nothing there`, async (t) => {
    const { adapter } = await setUp(t, subject, (response, received) =>
      send(respond(received, []))(response, received),
    );
    t.strictSame(await page(adapter), { rows: [], unreadable: 0, next: undefined });
  });

  test(`${entity}, scan: records that come and go between two pages hide no other`, async (t) => {
    let records = [1, 2, 3, 4, 5];
    const { adapter } = await setUp(t, subject, (response, received) =>
      send(respond(received, records))(response, received),
    );
    const first = await page(adapter);
    t.strictSame(first.rows, [1, 2].map(row));
    records = [0, 3, 4, 5, 6];
    const second = await page(adapter, first.next, 10);
    t.strictSame(second.rows, [3, 4, 5, 6].map(row));
    t.equal(second.next, undefined);
  });

  test(`${entity}, scan: a record that cannot be read is counted, and its neighbours are read`, async (t) => {
    const { adapter } = await setUp(t, subject, (response, received) =>
      send(respond(received, [0, 1, 2], { unreadable: [1] }))(response, received),
    );
    const { rows, unreadable } = await page(adapter, undefined, 10);
    t.strictSame([rows, unreadable], [[0, 2].map(row), 1]);
  });

  test(`${entity}, scan: a page ends after so many rows that are within`, async (t) => {
    const { adapter } = await setUp(t, subject, (response, received) =>
      send(respond(received, [0, 1, 2, 3, 4], { unreadable: [1] }))(response, received),
    );
    const scan = adapter.scans![versioned(entity)];
    const question = { limit: 5, rows: 2, within: scopeOf(subject).inside };
    const first = await scan!({ after: undefined, ...question }, callOf());
    t.strictSame([first.rows, first.unreadable], [[0, 2].map(row), 1]);
    const second = await scan!({ after: first.next, ...question }, callOf());
    t.strictSame(second, { rows: [3, 4].map(row), unreadable: 0, next: undefined });
    const far = await scan!({ after: undefined, ...question, within: scopeOf(subject).outside }, callOf());
    t.equal(far.unreadable, 0, 'that a record outside cannot be read is for the operator');
  });

  test(`${entity}, scan: malformed when the page is not in the order of keys`, async (t) => {
    for (const records of [
      [0, 2, 1],
      [0, 1, 1],
    ]) {
      const { adapter } = await setUp(t, subject, (response, received) =>
        send(respond(received, records))(response, received),
      );
      const error = await failureOf(t, page(adapter, undefined, 10));
      t.equal(error.failure, 'malformed');
    }
  });

  test(`${entity}, scan: a registry that gives fewer records at a time than it is asked for`, async (t) => {
    const all = [0, 1, 2, 3, 4];
    const { adapter } = await setUp(t, subject, (response, received) =>
      send(respond(received, all, { atMost: 2 }))(response, received),
    );
    for (const limit of [4, 10]) {
      const rows: ScanRow[] = [];
      let after: string | undefined;
      do {
        const { next, ...found } = await page(adapter, after, limit);
        rows.push(...found.rows);
        after = next;
      } while (after !== undefined);
      t.strictSame(rows, all.map(row), `${limit} a page`);
    }
  });

  test(`${entity}, scan: malformed when the page is empty, or longer than what there is`, async (t) => {
    for (const atMost of [0, 5]) {
      const { adapter } = await setUp(t, subject, (response, received) =>
        send(respond(received, [0, 1, 2, 3, 4], { atMost }))(response, received),
      );
      t.equal((await failureOf(t, page(adapter, undefined, 4))).failure, 'malformed', `${atMost}`);
    }
  });

  test(`${entity}, scan: fails as calls do`, async (t) => {
    for (const [respond, failure] of [
      [send({ status: 500 }), 'failed'],
      [send({ body: '{' }), 'malformed'],
      [send(subject.refused), 'refused'],
      [silence, 'timeout'],
    ] as const) {
      const { adapter } = await setUp(t, subject, respond);
      const error = await failureOf(
        t,
        page(adapter, undefined, 2, callOf(failure === 'timeout' ? 80 : patient)),
      );
      t.equal(error.failure, failure);
    }
  });
}
