/** The suite passes an adapter that is unlike those of this build, and finds each way in which it may be broken. */
import t, { Test, type TestOpts } from 'tap';
import { testAdapter } from '../adapter.ts';
import type { Broken } from './adapter.ts';
import { civilSubject } from './subject.ts';

testAdapter(civilSubject());

/** The test that each must fail, and that the adapter passes when it is whole. */
const found: Readonly<Record<Broken, RegExp>> = {
  'infers absence': /nothing is absent because something is missing: a record, a caller without/,
  'takes an empty answer for none': /nothing is absent because something is missing: birth, scan/,
  'hides that nothing was understood': /malformed, and not absent, to everybody/,
  'ignores the scope': /outside the scope: absent/,
  'marks all failures as inside': /outside the scope: absent/,
  'takes any record': /malformed: another record/,
  'quotes the registry': /malformed: whatever else comes with 200/,
  'names no request': /sends the request id/,
  'leaves the trace out': /passes the trace of the caller on/,
  'asks once': /tried once more/,
  'counts refusals as trouble': /refused, with a fixed word/,
  'names another registry': /names its operations after the registry/,
  'stays open': /close lets calls in flight end/,
  'pages by number': /birth, scan: records that come and go/,
  'takes any page': /death, scan: malformed when the page is/,
  'stops at what it cannot read': /birth, scan: a record that cannot be read/,
  'reads past the rows': /birth, scan: a page ends after so many rows/,
  'mixes its entities up': /death, scan: every record once/,
  'forgets an entity': /scans what it says/,
  'probes nobody': /probe: closes a breaker/,
  'probes by a record': /probe: "there is none" is an answer/,
};

for (const [broken, test] of Object.entries(found)) {
  t.test(`found: an adapter that ${broken}`, async (t) => {
    // A test of its own, whose result is looked at and does not count.
    const own: TestOpts = { name: broken };
    const suite = new Test(own);
    suite.resume();
    const defined: string[] = [];
    testAdapter(civilSubject(broken as Broken), {
      test(name, options, run) {
        if (!test.test(name)) return;
        defined.push(name);
        suite.test(name, options, run);
      },
    });
    suite.end();
    await suite.concat();
    t.ok(defined.length > 0, 'there is such a test');
    t.ok((suite.results?.failures ?? []).length > 0, 'and it fails');
  });
}
