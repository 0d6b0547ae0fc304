/** Addresses by RFC 3986: which texts are one, and which two texts are the same one (6.2.2, 6.2.3). */
import fc from 'fast-check';
import t from 'tap';
import { normaliseHttpUri } from '../../../gateway/wire/http-uri.ts';

const PLAIN = 'https://gateway.example/v1/a';

t.test('one address, in many spellings', (t) => {
  const same: Readonly<Record<string, readonly string[]>> = {
    [PLAIN]: [
      PLAIN,
      'HTTPS://gateway.example/v1/a',
      'https://GATEWAY.Example/v1/a',
      'https://gateway.example:443/v1/a',
      'https://gateway.example:/v1/a',
      'https://%67ateway.example/v1/a',
      'https://gateway.example/%76%31/a',
      'https://gateway.example/v1/%61',
      'https://gateway.example/./v1/./a',
      'https://gateway.example/v0/../v1/a',
      'https://gateway.example/../v1/b/../a',
      'https://gateway.example/%2e%2E/v1/b/%2E./a',
      'https://gateway.example/v1/a?b=c',
      'https://gateway.example/v1/a?',
      'https://gateway.example/v1/a#b',
      'https://gateway.example/v1/a?b=/?:@#c/?d',
    ],
    'https://gateway.example/': [
      'https://gateway.example',
      'https://gateway.example?a',
      'https://gateway.example/.',
    ],
    'https://gateway.example/a/': ['https://gateway.example/a/.', 'https://gateway.example/a/b/..'],
    'https://gateway.example/a//b': ['https://gateway.example/a//b', 'https://gateway.example/a/c/..//b'],
    'https://gateway.example/a%2Fb%3F': ['https://gateway.example/a%2fb%3f'],
    'https://gateway.example/a%7Cb': ['https://gateway.example/a%7cb'],
    'https://gateway%2F.example/': ['https://Gateway%2f.Example'],
    'http://127.0.0.1:8080/a': ['http://127.0.0.1:8080/a'],
    'http://127.0.0.1/a': ['http://127.0.0.1:80/a'],
    'https://127.0.0.1:80/a': ['https://127.0.0.1:80/a'],
    'https://[2001:db8::a]/a': ['https://[2001:DB8::A]:443/a'],
    'https://[::ffff:10.0.0.1]/': ['https://[::ffff:10.0.0.1]'],
    "https://a.example/!$&'()*+,;=:@-._~": ["https://a.example/!$&'()*+,;=:@-._~"],
  };
  for (const [normal, spellings] of Object.entries(same)) {
    for (const spelling of spellings) t.equal(normaliseHttpUri(spelling), normal, spelling);
  }
  t.end();
});

t.test('other addresses', (t) => {
  for (const other of [
    'http://gateway.example/v1/a',
    'https://gateway.example:8443/v1/a',
    'https://gateway.example:80/v1/a',
    'https://gateway.example./v1/a',
    'https://gateway.example/v1/a/',
    'https://gateway.example/v1/A',
    'https://gateway.example//v1/a',
    'https://gateway.example/v1%2Fa',
    'https://gateway.example/v1/a/..',
    'https://gateway.example/v1/a;b',
    'https://gateway.example/v1/...',
  ]) {
    const normal = normaliseHttpUri(other);
    t.ok(normal, other);
    t.not(normal, PLAIN, other);
  }
  t.end();
});

t.test('texts that are no address, though WHATWG’s parser mends most of them', (t) => {
  const none = [
    '',
    '/v1/a',
    '//gateway.example/v1/a',
    'gateway.example/v1/a',
    'https:gateway.example/v1/a',
    'https:/gateway.example/v1/a',
    'https:///gateway.example/v1/a',
    'https:\\\\gateway.example\\v1\\a',
    'https://gateway.example\\v1\\a',
    'https://gateway.example/v1\\a',
    'https:/\\gateway.example/v1/a',
    ' https://gateway.example/v1/a',
    'https://gateway.example/v1/a ',
    'https://gateway.example/v1/ a',
    'https://gateway.example/v1/\ta',
    'ht\ntps://gateway.example/v1/a',
    'https://gate\tway.example/v1/a',
    'https://gateway.example/v1/a\r\n',
    'https://gateway.example/v1/a\0',
    'https://gateway.example/v1/á',
    'https://gàteway.example/v1/a',
    'https://gateway。example/v1/a',
    'https://user@gateway.example/v1/a',
    'https://user:word@gateway.example/v1/a',
    'https://@gateway.example/v1/a',
    'https://gateway.example@evil.example/v1/a',
    'https://gateway.example:44a/v1/a',
    'https://gateway.example:-443/v1/a',
    'https://gateway.example:443:443/v1/a',
    'https://:443/v1/a',
    'https://?a',
    'https://gateway.example/v1/%',
    'https://gateway.example/v1/%6',
    'https://gateway.example/v1/%zz',
    'https://gate%way.example/v1/a',
    'https://gateway.example/v1/a|b',
    'https://gateway.example/v1/a"b',
    'https://gateway.example/v1/<a>',
    'https://gateway.example/v1/{a}',
    'https://gateway.example/v1/[a]',
    'https://gateway.example/v1/a^`',
    'https://gateway.example/v1/a?b|c',
    'https://gateway.example/v1/a?b=á',
    'https://gateway.example/v1/a#b#c',
    'https://gateway.example/v1/a#b c',
    'https://[gateway.example]/v1/a',
    'https://[::1/v1/a',
    'https://::1/v1/a',
    'https://[::1%25eth0]/v1/a',
    'https://[1:2:3]/v1/a',
    'https://[v1.a]/v1/a',
    'ftp://gateway.example/v1/a',
    'javascript:alert(1)',
    'urn:a:b',
    `https://gateway.example/${'a'.repeat(5000)}`,
  ];
  for (const text of none) t.equal(normaliseHttpUri(text), undefined, JSON.stringify(text));
  t.ok(
    none.filter((text) => URL.canParse(text)).length > 30,
    'of these, as many that a parser of URLs takes',
  );
  t.end();
});

const unreserved = [...'ABCXYZabcxyz0189-._~'];
const reserved = [..."!$&'()*+,;=:@"];
const percent = (character: string, upper: boolean) => {
  const hex = character.charCodeAt(0).toString(16).padStart(2, '0');
  return `%${upper ? hex.toUpperCase() : hex}`;
};
/** A segment in two spellings of one meaning: unreserved characters plain or escaped, escapes in either case. */
const segment = fc
  .array(
    fc.oneof(
      fc
        .tuple(fc.constantFrom(...unreserved), fc.constantFrom('plain', 'upper', 'lower'))
        .map(
          ([character, how]) =>
            [character, how === 'plain' ? character : percent(character, how === 'upper')] as const,
        ),
      fc.constantFrom(...reserved).map((character) => [character, character] as const),
      fc
        .tuple(fc.constantFrom('/', '%', '?', ' ', '|'), fc.boolean())
        .map(([character, upper]) => [percent(character, true), percent(character, upper)] as const),
    ),
    { minLength: 1, maxLength: 6 },
  )
  .map(
    (pairs) =>
      [pairs.map(([plain]) => plain).join(''), pairs.map(([, written]) => written).join('')] as const,
  )
  .filter(([plain]) => plain !== '.' && plain !== '..');
const detour = fc.constantFrom('', '/.', '/x/..', '/%2e', '/x/%2E%2e');
const address = fc
  .record({
    scheme: fc.constantFrom('https', 'HTTPS', 'hTTps'),
    host: fc.constantFrom('gateway.example', 'GATEWAY.example', '%67ateway.example'),
    port: fc.constantFrom('', ':', ':443'),
    parts: fc.array(fc.tuple(detour, segment), { minLength: 1, maxLength: 5 }),
    tail: fc.constantFrom('', '?', '?a=b', '#c', '?a#b'),
  })
  .map(({ scheme, host, port, parts, tail }) => ({
    normal: `https://gateway.example${parts.map(([, [plain]]) => `/${plain}`).join('')}`,
    written: `${scheme}://${host}${port}${parts.map(([way, [, written]]) => `${way}/${written}`).join('')}${tail}`,
  }));

t.test('every spelling has one normal form, which is its own', (t) => {
  fc.assert(
    fc.property(address, ({ normal, written }) => {
      t.equal(normaliseHttpUri(written), normal);
      t.equal(normaliseHttpUri(normal), normal);
    }),
    { numRuns: 2000 },
  );
  t.end();
});

t.test('a character that no URI has makes it none, wherever it stands', (t) => {
  const foreign = fc.oneof(
    fc.constantFrom(...'\\ \t\r\n"<>^`{|}\0\u007f', '%', '\u00a0', '\u3002', 'ế'),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }).filter((text) => !/^[\x20-\x7e]$/.test(text)),
  );
  const refused = fc.property(address, foreign, fc.nat(), ({ normal }, character, place) => {
    const at = place % (normal.length + 1);
    const text = normal.slice(0, at) + character + normal.slice(at);
    // A percent sign may happen to begin an escape.
    fc.pre(character !== '%' || !/^%[0-9A-Fa-f]{2}/.test(text.slice(at)));
    return normaliseHttpUri(text) === undefined;
  });
  // No text names an assertion: TAP is made of lines, and U+2029 in a name ends one.
  t.doesNotThrow(() => fc.assert(refused, { numRuns: 2000 }));
  t.end();
});

t.test('an address that is taken is read as every other parser reads it', (t) => {
  const texts = fc.oneof(fc.webUrl({ withQueryParameters: true, withFragments: true }), fc.string());
  const alike = fc.property(texts, (text) => {
    const normal = normaliseHttpUri(text);
    if (normal === undefined) return true;
    return new URL(normal).host === new URL(text).host && normaliseHttpUri(normal) === normal;
  });
  t.doesNotThrow(() => fc.assert(alike, { numRuns: 2000 }));
  t.end();
});
