import t from 'tap';
import { TapReport } from './tap-run.ts';

function read(tap: string, trouble?: string) {
  const printed: string[] = [];
  const report = new TapReport((line) => printed.push(line));
  for (const line of tap.split('\n')) report.read(line);
  return { totals: report.end(trouble), printed };
}

const PASSED = `TAP version 14
1..1
# Subtest: test/a.test.ts
    # Subtest: one
        ok 1 - should be equal
        1..1
    ok 1 - one # time=1.5ms
    ok 2 - two # SKIP no Java
    1..2
ok 1 - test/a.test.ts # time=3ms

# { total: 2, pass: 1, skip: 1 }
# time=9ms`;

const FAILED = `TAP version 14
1..2
# Subtest: test/a.test.ts
    ok 1 - fine
    not ok 2 - should be equal
      ---
      diff: |
        -2
        +1
      ...
    1..2
not ok 1 - test/a.test.ts # time=3ms
  ---
  exitCode: 1
  ...

# Subtest: test/b.test.ts
    ok 1 - fine
    1..1
ok 2 - test/b.test.ts # time=3ms

# { total: 3, pass: 2, fail: 1 }`;

t.test('of files that pass, only what was skipped is shown', async (t) => {
  const { totals, printed } = read(PASSED);
  t.same(totals, { passed: 1, failed: 0, skipped: 1 });
  t.same(printed, ['passed   test/a.test.ts 3ms', '    ok 2 - two # SKIP no Java']);
});

t.test('failures are shown whole', async (t) => {
  const { totals, printed } = read(FAILED, 'it ended with 1');
  t.same(totals, { passed: 2, failed: 1, skipped: 0 });
  t.match(printed.join('\n'), /^FAILED {3}test\/a.test.ts.*not ok 2.*-2\n.*exitCode: 1.*passed {3}test\/b/s);
  t.notMatch(printed.join('\n'), /ok 1 - fine/);
});

t.test('a run that says too little has failed', async (t) => {
  t.equal(read('').totals.failed, 1, 'nothing ran');
  t.equal(read('# { total: 0 }').totals.failed, 1, 'no test');
  t.equal(read('# { total: 3, skip: 3 }').totals.failed, 1, 'everything was skipped');
  t.equal(read(PASSED, 'it ended with SIGKILL').totals.failed, 1, 'it ended badly after all had passed');
});
