/** The list of revocations that a replica holds, in whatever order the answers come. */
import fc from 'fast-check';
import t from 'tap';
import {
  type Ask,
  createRevocationList,
  type RevocationList,
  type Revoked,
} from '../../../gateway/identity/revocation-list.ts';

type Row = Awaited<ReturnType<Ask>>['rows'][number];

/** A store whose answers are made when they are asked for, and come when the test says. */
function store() {
  let version = 0;
  let removed = 0;
  let rows = new Map<string, Row>();
  const waiting: (() => void)[] = [];
  const write = (value: string, inForce: boolean) => {
    version++;
    rows.set(value, {
      ...{ version, removed, revision: version, kind: 'system', value, in_force: inForce, expires_in: null },
    });
  };
  const answer = (from: number): Row[] => {
    const found = [...rows.values()]
      .filter(({ revision }) => revision! > from)
      .sort((a, b) => a.revision! - b.revision!)
      .map((row) => ({ ...row, version, removed }));
    const nothing: Row = {
      ...{ version, removed, revision: null, kind: 'system', value: '', in_force: false, expires_in: null },
    };
    return found.length > 0 ? found : [nothing];
  };
  const ask: Ask = ({ values }) => {
    const given = { rows: answer(Number(values?.[0])) };
    return new Promise((resolve) => waiting.push(() => resolve(given)));
  };
  return {
    ask,
    write,
    remove(value: string) {
      if (!rows.get(value)?.in_force) return;
      rows.delete(value);
      removed = ++version;
    },
    /** Back to what it was; the version too. */
    backup() {
      const saved = { version, removed, rows: new Map(rows) };
      return () => {
        ({ version, removed } = saved);
        rows = new Map(saved.rows);
      };
    },
    waiting,
    inForce: () => [...rows.values()].filter(({ in_force }) => in_force).map(({ value }) => value),
  };
}

const values = ['a', 'b', 'c', 'd'];
const known = (list: RevocationList) => values.filter((value) => list.has('system', value)).sort();

async function settle(waiting: (() => void)[], pick: (length: number) => number) {
  // Each answer may make its reader ask again.
  for (let turns = 0; turns < 5; turns++) {
    while (waiting.length > 0) {
      waiting.splice(pick(waiting.length), 1)[0]!();
      await new Promise(setImmediate);
    }
    await new Promise(setImmediate);
  }
}

t.test('an older answer that comes later undoes nothing', async (t) => {
  const world = store();
  const heard: Revoked[] = [];
  let at = 0;
  const list = createRevocationList({ clock: () => at++, announce: (revoked) => heard.push(revoked) });
  world.write('a', true);
  const first = list.readNew(world.ask);
  world.write('a', false);
  const second = list.readNew(world.ask);
  world.waiting.pop()!();
  await second;
  t.notOk(list.has('system', 'a'));
  world.waiting.pop()!();
  await first;
  t.notOk(list.has('system', 'a'), 'lifted it stays');
  t.same(heard, []);
});

t.test('answers in any order: what was committed before a reading began is known after it', async () => {
  const action = fc.oneof(
    fc.record({ do: fc.constant('write' as const), value: fc.constantFrom(...values), on: fc.boolean() }),
    fc.record({ do: fc.constant('remove' as const), value: fc.constantFrom(...values) }),
    fc.record({ do: fc.constantFrom('new' as const, 'all' as const, 'backup' as const, 'restore' as const) }),
    fc.record({ do: fc.constant('answer' as const), nth: fc.nat(9) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 40 }), async (actions) => {
      const world = store();
      let at = 0;
      const list = createRevocationList({ clock: () => at++, announce: () => {} });
      let restore = world.backup();
      const reading: Promise<void>[] = [];
      for (const one of actions) {
        if (one.do === 'write') world.write(one.value, one.on);
        else if (one.do === 'remove') world.remove(one.value);
        else if (one.do === 'new') reading.push(list.readNew(world.ask));
        else if (one.do === 'all') reading.push(list.readAll(world.ask));
        else if (one.do === 'backup') restore = world.backup();
        else if (one.do === 'restore') {
          // Connections end with the old database, and a new one reads all.
          await settle(world.waiting, () => 0);
          restore();
          reading.push(list.readAll(world.ask));
          await settle(world.waiting, () => 0);
        } else if (one.do === 'answer' && world.waiting.length > 0) {
          world.waiting.splice(one.nth % world.waiting.length, 1)[0]!();
          await new Promise(setImmediate);
        }
      }
      const last = list.readNew(world.ask);
      await settle(world.waiting, (length) => length - 1);
      await Promise.all([...reading, last]);
      const expected = world.inForce().sort();
      if (known(list).join() !== expected.join()) {
        throw new Error(`known: ${known(list)}; in force: ${expected}`);
      }
    }),
    { numRuns: 1000 },
  );
});
