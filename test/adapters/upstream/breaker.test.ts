import t from 'tap';
import { Breaker, breakerDefaults, REFUSED } from '../../../adapters/upstream/breaker.ts';

const options = { consecutive: 3, ratio: 0.5, minimum: 10, window: 10_000, openFor: 5_000 };

function create(overrides: Partial<typeof options> = {}): { breaker: Breaker; states: string[] } {
  const states: string[] = [];
  const breaker = new Breaker({ ...options, ...overrides }, (state) => states.push(state));
  return { breaker, states };
}

function fail(breaker: Breaker, now: number): void {
  breaker.failed(breaker.enter(now), now);
}

function succeed(breaker: Breaker, now: number): void {
  breaker.succeeded(breaker.enter(now), now);
}

t.test('opens after failures in a row, a success between them starts the count anew', async (t) => {
  const { breaker, states } = create();
  fail(breaker, 0);
  fail(breaker, 1);
  succeed(breaker, 2);
  fail(breaker, 3);
  fail(breaker, 4);
  t.equal(breaker.state, 'closed');
  fail(breaker, 5);
  t.equal(breaker.state, 'open');
  t.strictSame(states, ['open']);
});

t.test('open, it refuses, and says for how long', async (t) => {
  const { breaker } = create();
  for (let now = 0; now < 3; now++) fail(breaker, now);
  t.equal(breaker.enter(3), REFUSED);
  t.equal(breaker.retryAfter(3), 5);
  t.equal(breaker.retryAfter(4_500), 1);
  t.equal(breaker.retryAfter(9_999), 1, 'at least a second');
});

t.test('one probe goes through and closes it', async (t) => {
  const { breaker, states } = create();
  for (let now = 0; now < 3; now++) fail(breaker, now);
  const probe = breaker.enter(6_000);
  t.not(probe, REFUSED);
  t.equal(breaker.state, 'half-open');
  t.equal(breaker.enter(6_001), REFUSED, 'one at a time');
  breaker.succeeded(probe, 6_002);
  t.equal(breaker.state, 'closed');
  t.not(breaker.enter(6_003), REFUSED);
  t.strictSame(states, ['open', 'half-open', 'closed']);
  fail(breaker, 6_004);
  t.equal(breaker.state, 'closed', 'the failures before do not count any more');
});

t.test('a probe that fails opens it again', async (t) => {
  const { breaker } = create();
  for (let now = 0; now < 3; now++) fail(breaker, now);
  breaker.failed(breaker.enter(6_000), 6_100);
  t.equal(breaker.state, 'open');
  t.equal(breaker.enter(11_000), REFUSED);
  t.not(breaker.enter(11_100), REFUSED);
});

t.test('a probe that says nothing makes room for another', async (t) => {
  const { breaker } = create();
  for (let now = 0; now < 3; now++) fail(breaker, now);
  breaker.abandoned(breaker.enter(6_000));
  t.equal(breaker.state, 'half-open');
  t.not(breaker.enter(6_001), REFUSED);
});

t.test('stragglers from before a change count for nothing', async (t) => {
  const { breaker } = create();
  const straggler = breaker.enter(0);
  const another = breaker.enter(0);
  for (let now = 0; now < 3; now++) fail(breaker, now);
  breaker.succeeded(straggler, 4);
  t.equal(breaker.state, 'open', 'an old success does not close it');
  const probe = breaker.enter(6_000);
  breaker.failed(another, 6_001);
  breaker.abandoned(another);
  t.equal(breaker.state, 'half-open', 'an old failure does not end the probe');
  t.equal(breaker.enter(6_002), REFUSED);
  breaker.succeeded(probe, 6_003);
  t.equal(breaker.state, 'closed');
});

t.test('opens by the share of failures, when there were enough calls', async (t) => {
  const { breaker } = create({ consecutive: 100 });
  for (let now = 0; now < 4; now++) {
    succeed(breaker, now);
    fail(breaker, now);
  }
  t.equal(breaker.state, 'closed', '4 of 8: too few calls to decide');
  succeed(breaker, 5);
  fail(breaker, 5);
  t.equal(breaker.state, 'open', '5 of 10');
});

t.test('the share looks back one window only', async (t) => {
  const { breaker } = create({ consecutive: 100 });
  for (let call = 0; call < 9; call++) fail(breaker, 0);
  fail(breaker, 10_000);
  t.equal(breaker.state, 'closed', 'nine failures have left the window');
  for (let call = 0; call < 8; call++) fail(breaker, 10_000 + 1000 * call);
  t.equal(breaker.state, 'closed', 'nine in the window');
  fail(breaker, 18_000);
  t.equal(breaker.state, 'open');
});

t.test('many successes outweigh some failures', async (t) => {
  const { breaker } = create({ consecutive: 100 });
  for (let call = 0; call < 1000; call++) {
    succeed(breaker, call);
    if (call % 3 === 0) fail(breaker, call);
  }
  t.equal(breaker.state, 'closed');
});

t.test('defaults', async (t) => {
  const breaker = new Breaker(breakerDefaults, () => {});
  for (let call = 0; call < breakerDefaults.consecutive; call++) fail(breaker, call);
  t.equal(breaker.state, 'open');
});
