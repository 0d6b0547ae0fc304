import t from 'tap';
import { Deadlines, type Waiting } from '../../../adapters/upstream/deadlines.ts';

/** An entry, and a promise of its expiry. */
function waiting(deadline: number): { entry: Waiting; expired: Promise<number> } {
  const { promise, resolve } = Promise.withResolvers<number>();
  return { entry: { deadline, slot: 0, expire: () => resolve(performance.now()) }, expired: promise };
}

t.test('calls back at the deadline, never before', async (t) => {
  // The timer of Deadlines does not keep the process alive; calls hold sockets, and this test holds this one.
  const alive = setInterval(() => {}, 1000);
  t.teardown(() => clearInterval(alive));
  const deadlines = new Deadlines();
  const now = performance.now();
  for (const delay of [0, 1, 9, 10, 11, 35, 60]) {
    const { entry, expired } = waiting(now + delay);
    deadlines.add(entry);
    t.ok((await expired) >= now + delay, `${delay} ms`);
  }
});

t.test('a deadline that has passed already', async (t) => {
  const alive = setInterval(() => {}, 1000);
  t.teardown(() => clearInterval(alive));
  const deadlines = new Deadlines();
  const later = waiting(performance.now() + 40);
  deadlines.add(later.entry);
  const { entry, expired } = waiting(performance.now() - 1000);
  deadlines.add(entry);
  await expired;
  await later.expired;
  t.pass('both came');
});

t.test('a removed call does not expire, and a new start works', async (t) => {
  const alive = setInterval(() => {}, 1000);
  t.teardown(() => clearInterval(alive));
  const deadlines = new Deadlines();
  for (let round = 0; round < 3; round++) {
    let removedExpired = false;
    const removed: Waiting = {
      deadline: performance.now() + 10,
      slot: 0,
      expire: () => {
        removedExpired = true;
      },
    };
    deadlines.add(removed);
    deadlines.remove(removed);
    deadlines.remove(removed);
    const { entry, expired } = waiting(performance.now() + 30);
    deadlines.add(entry);
    await expired;
    t.notOk(removedExpired);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
});

t.test('an expiry may add and remove others', async (t) => {
  const alive = setInterval(() => {}, 1000);
  t.teardown(() => clearInterval(alive));
  const deadlines = new Deadlines();
  const now = performance.now();
  const added = waiting(now + 5);
  const spared = waiting(now + 5);
  const { promise, resolve } = Promise.withResolvers<void>();
  deadlines.add({
    deadline: now + 5,
    slot: 0,
    expire: () => {
      deadlines.remove(spared.entry);
      deadlines.add(added.entry);
      resolve();
    },
  });
  await promise;
  await added.expired;
  t.pass();
});
