import fc from 'fast-check';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import t from 'tap';
import { escapeXml, parseXml, type XmlElement, XmlError } from '../../../adapters/population/xml.ts';

/** `{namespace}name` of every element, with its text or children. */
function plain({ namespace, name, children, text }: XmlElement): unknown {
  const key = namespace ? `{${namespace}}${name}` : name;
  return { [key]: children.length > 0 ? children.map(plain) : text };
}

const good: readonly [xml: string, expected: unknown][] = [
  ['<a/>', { a: '' }],
  ['<a></a >', { a: '' }],
  ['\ufeff<?xml version="1.0" encoding="utf-8"?>\n<a>1</a>\n', { a: '1' }],
  ['\ufeff<a>1</a>', { a: '1' }],
  ["<?xml version='1.0' encoding='UTF-8' standalone='yes'?><a/>", { a: '' }],
  ['<a>\n  <b>007</b>\n  <b/>\n</a>', { a: [{ b: '007' }, { b: '' }] }],
  ['<a x="1" y=\'"2"\' />', { a: '' }],
  ['<a>&lt;b&gt; &amp;amp; &quot;&apos; &#65;&#x1F600;</a>', { a: '<b> &amp; "\' A😀' }],
  ['<a>x<!-- <b> & -->y<!----></a><!-- end -->', { a: 'xy' }],
  ['<a>1<![CDATA[<b>&amp;]] > ]]]]>2</a>', { a: '1<b>&amp;]] > ]]2' }],
  ['<a xmlns="u"><b/><c xmlns=""><d/></c></a>', { '{u}a': [{ '{u}b': '' }, { c: [{ d: '' }] }] }],
  [
    '<p:a xmlns:p="u"><p:b xmlns:p="v"/><p:c/><d/></p:a>',
    { '{u}a': [{ '{v}b': '' }, { '{u}c': '' }, { d: '' }] },
  ],
  ['<a xml:lang="vi">Hà Nội</a>', { a: 'Hà Nội' }],
  ['<ngày-1.x>đ</ngày-1.x>', { 'ngày-1.x': 'đ' }],
];

for (const [xml, expected] of good) {
  t.test(xml, async (t) => {
    t.strictSame(plain(parseXml(xml)), expected);
  });
}

const bad: Readonly<Record<string, string>> = {
  nothing: '',
  blank: ' \n',
  'no XML': 'hello',
  'a document type': '<!DOCTYPE a><a/>',
  'an entity declaration': '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
  'an external entity': '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
  'a parameter entity': '<!DOCTYPE a [<!ENTITY % x SYSTEM "http://127.0.0.1/"> %x;]><a/>',
  'billion laughs':
    '<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><l>&c;</l>',
  'a declaration inside': '<a><!ENTITY x "y"></a>',
  'an entity that is not predefined': '<a>&nbsp;</a>',
  'an entity of the prototype': '<a>&constructor;</a>',
  'an ampersand alone': '<a>R & D</a>',
  'an ampersand at the end': '<a>&</a>',
  'an empty reference': '<a>&;</a>',
  'a reference without number': '<a>&#;</a>',
  'a reference to zero': '<a>&#0;</a>',
  'a reference to a surrogate': '<a>&#xD800;</a>',
  'a reference beyond Unicode': '<a>&#x110000;</a>',
  'a reference to a control character': '<a>&#7;</a>',
  'a control character': '<a>\u0007</a>',
  'a NUL': '<a>\0</a>',
  'half of a surrogate pair': '<a>\ud800</a>',
  'a noncharacter': '<a>\ufdd0</a>',
  'a noncharacter of another plane': '<a>\u{1fffe}</a>',
  'a reference to a noncharacter': '<a>&#xFDEF;</a>',
  'a reference to a noncharacter of another plane': '<a>&#x1FFFF;</a>',
  'a processing instruction': '<?php echo 1 ?><a/>',
  'a declaration after the start': ' <?xml version="1.0"?><a/>',
  'another encoding': '<?xml version="1.0" encoding="UTF-16"?><a/>',
  'a declaration without end': '<?xml version="1.0" <a/>',
  'two roots': '<a/><b/>',
  'text before the root': 'x<a/>',
  'text after the root': '<a/>x',
  'text beside elements': '<a><b/>x</a>',
  'text before elements': '<a>x<b/></a>',
  'a tag never closed': '<a><b></a>',
  'a root never closed': '<a><b></b>',
  'a tag never opened': '<a></b></a>',
  'a longer closing tag': '<a></ab>',
  'another case': '<a></A>',
  'a tag without end': '<a',
  'a closing tag without end': '<a></a',
  'a space before the name': '< a/>',
  'a digit before the name': '<1a/>',
  'an attribute without value': '<a b/>',
  'an attribute without quotes': '<a b=1/>',
  'an attribute without end': '<a b="1/>',
  'an attribute twice': '<a b="1" b="2"/>',
  'attributes without a space between': '<a b="1"c="2"/>',
  'a prefix that is not declared': '<p:a/>',
  'a prefix out of scope': '<a><b xmlns:p="u"/><p:c/></a>',
  'a comment without end': '<a><!-- </a>',
  'CDATA without end': '<a><![CDATA[ </a>',
  'nested too deeply': `${'<a>'.repeat(33)}${'</a>'.repeat(33)}`,
};

for (const [what, xml] of Object.entries(bad)) {
  t.test(`refuses ${what}`, async (t) => {
    t.throws(() => parseXml(xml), XmlError);
  });
}

t.test('no error quotes the document', async (t) => {
  for (const xml of Object.values(bad)) {
    const secret = xml.replaceAll('a', 'secret').replaceAll('x', 'secret');
    try {
      parseXml(secret);
    } catch (error) {
      t.notMatch((error as Error).message, 'secret');
    }
  }
});

t.test('takes time in proportion to the length', async (t) => {
  // Would not end in the test's lifetime if any of these were quadratic.
  const megabytes = 4_000_000;
  for (const piece of [
    '<',
    '<a>',
    '&',
    '&#x',
    '<a ',
    'a="',
    '<!--',
    '-',
    ']]',
    '<![CDATA[',
    ' ',
    '<a b="1" ',
  ]) {
    const xml = `<a>${piece.repeat(megabytes / piece.length)}`;
    t.throws(() => parseXml(xml), XmlError, piece);
  }
  const attributes = Array.from({ length: 200_000 }, (_, index) => `a${index}="x"`).join(' ');
  t.strictSame(plain(parseXml(`<a ${attributes}/>`)), { a: '' });
  t.equal(parseXml(`<a>${'<b/>'.repeat(500_000)}</a>`).children.length, 500_000);
  t.equal(parseXml(`<a>${'&amp;'.repeat(500_000)}</a>`).text.length, 500_000);
});

const names = fc.constantFrom('a', 'Ho', 'SoDinhDanh', 'b-1', 'c.d', '_e');
const texts = fc.string({ unit: 'grapheme' }).map((text) => text.replace(/\p{C}/gu, '').trim());
const element = (name: string, text: string, children: XmlElement[]): XmlElement => ({
  namespace: '',
  name,
  children,
  attributed: false,
  nil: false,
  text: children.length > 0 ? '' : text,
});
const leaves = fc.tuple(names, texts, fc.constant([])).map(([name, text]) => element(name, text, []));
const trees = fc.letrec<{ tree: XmlElement; branch: XmlElement }>((tie) => ({
  tree: fc.oneof({ maxDepth: 5 }, leaves, tie('branch')),
  branch: fc.tuple(names, texts, fc.array(tie('tree'), { maxLength: 4 })).map((parts) => element(...parts)),
})).tree;

function write({ name, children, text }: XmlElement): string {
  return `<${name}>${children.length > 0 ? children.map(write).join('\n') : escapeXml(text)}</${name}>`;
}

t.test('reads what was written', async (t) => {
  const property = fc.property(trees, (tree) => {
    const read = JSON.stringify(plain(parseXml(write(tree))));
    return read === JSON.stringify(plain(tree));
  });
  t.doesNotThrow(() => fc.assert(property));
});

t.test('agrees with fast-xml-parser: what we accept is well-formed, and reads the same', async (t) => {
  const oracle = new XMLParser({
    preserveOrder: true,
    ignoreAttributes: true,
    parseTagValue: false,
    trimValues: false,
    ignoreDeclaration: true,
    htmlEntities: true,
  });
  type Node = Record<string, Node[] | string>;
  const fromOracle = (nodes: Node[]): unknown[] => {
    const elements = nodes.flatMap((node) => {
      const [name] = Object.keys(node) as [string];
      if (name === '#text') return [];
      const inner = node[name] as Node[];
      const below = fromOracle(inner);
      const text = inner.map((one) => one['#text'] ?? '').join('');
      return [{ [name]: below.length > 0 ? below : text }];
    });
    return elements;
  };
  const soup = fc
    .array(
      fc.constantFrom(
        '<a>',
        '</a>',
        '<b x="1">',
        '</b>',
        '<c/>',
        'text',
        ' ',
        '&amp;',
        '&#65;',
        '&x;',
        '<!--c-->',
        '<![CDATA[<d>]]>',
        '<',
        '>',
        '"',
      ),
      { maxLength: 12 },
    )
    .map((pieces) => `<a>${pieces.join('')}</a>`);
  let accepted = 0;
  const property = fc.property(fc.oneof(trees.map(write), soup), (xml) => {
    let ours: XmlElement;
    try {
      ours = parseXml(xml);
    } catch {
      return true;
    }
    accepted++;
    if (XMLValidator.validate(xml) !== true) return false;
    return JSON.stringify([plain(ours)]) === JSON.stringify(fromOracle(oracle.parse(xml)));
  });
  t.doesNotThrow(() => fc.assert(property, { numRuns: 3000 }));
  t.ok(accepted > 300, `${accepted} documents were compared`);
});

t.test('forms of the declaration', async (t) => {
  for (const declaration of [
    '<?xml version = "1.0" encoding = "utf-8" ?>',
    "<?xml  version='1.0'\n  encoding='UTF-8'  standalone = 'yes'?>",
    '<?xml\tversion="1.0"?>',
  ])
    t.equal(parseXml(`${declaration}<a>1</a>`).text, '1', declaration);
  for (const declaration of [
    '<?xml version="1.1"?>',
    '<?xml version="1.0"encoding="utf-8"?>',
    '<?xmlversion="1.0"?>',
  ])
    t.throws(() => parseXml(`${declaration}<a/>`), XmlError, declaration);
});

t.test('escapeXml', async (t) => {
  t.equal(escapeXml(`<a b="c">&'`), '&lt;a b=&quot;c&quot;&gt;&amp;&apos;');
  t.equal(escapeXml('Nguyễn\u0000\u0007 Hà'), 'Nguyễn   Hà');
  const address = 'Số 12\n34 Trần Phú\tTổ 5\r\nKP\u00853';
  t.equal(parseXml(`<a>${escapeXml(address)}</a>`).text, address, 'what XML has is kept');
});
