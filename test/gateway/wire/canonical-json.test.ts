import fc from 'fast-check';
import t from 'tap';
import { canonicalise } from '../../../gateway/wire/canonical-json.ts';

t.test('the example of RFC 8785, section 3.2.2', async (t) => {
  const parsed = JSON.parse(
    String.raw`{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],
      "string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}`,
  );
  t.equal(
    canonicalise(parsed),
    String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
  );
});

t.test('members are sorted by UTF-16 code units (RFC 8785, section 3.2.3)', async (t) => {
  const parsed = JSON.parse(
    String.raw`{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One","\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}`,
  );
  t.same(Object.values(JSON.parse(canonicalise(parsed))), [
    // JSON.parse puts integer-like names first; here "1" comes after "\r" in the text.
    'One',
    'Carriage Return',
    'Control',
    'Latin Small Letter O With Diaeresis',
    'Euro Sign',
    'Emoji: Grinning Face',
    'Hebrew Letter Dalet With Dagesh',
  ]);
  t.ok(canonicalise(parsed).startsWith(String.raw`{"\r":`));
});

t.test('empty and nested', async (t) => {
  t.equal(
    canonicalise([[], {}, [{ b: 1, a: [2, { d: null, c: -0 }] }]]),
    '[[],{},[{"a":[2,{"c":0,"d":null}],"b":1}]]',
  );
  t.equal(canonicalise({ a: undefined, b: '' }), '{"b":""}');
});

t.test('the order of members does not matter, anything else does', async () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = canonicalise(value);
      return canonicalise(reversed(value)) === text && canonicalise(JSON.parse(text)) === text;
    }),
  );
});

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, member]) => [name, reversed(member)]),
  );
}
