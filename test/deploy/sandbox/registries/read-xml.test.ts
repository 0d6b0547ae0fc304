import { test } from 'tap';
import { readXml } from '../../../../deploy/sandbox/registries/population/read-xml.ts';

test('names come with the namespace of their prefix, wherever it was declared', async (t) => {
  const xml =
    '<?xml version="1.0"?><!-- c --><a:x xmlns:a="urn:a" xmlns=\'urn:d\'> <y/><a:z xmlns:a="urn:b">1</a:z><w xmlns="">2</w><b:v/></a:x>\n';
  const root = readXml(xml)!;
  t.match(root, { name: 'x', namespace: 'urn:a', text: '' });
  t.match(root.children, [
    { name: 'y', namespace: 'urn:d' },
    { name: 'z', namespace: 'urn:b', text: '1' },
    { name: 'w', namespace: '', text: '2' },
    { name: 'v', namespace: undefined },
  ]);
});

test('text is decoded and trimmed', async (t) => {
  const text = (xml: string) => readXml(xml)?.text;
  t.equal(text('<a> &lt;b&gt; &amp;amp; &#272;&#x110; </a>'), '<b> &amp; ĐĐ');
  t.equal(text('<a><![CDATA[<b>&amp;]]> c</a>'), '<b>&amp; c');
  t.equal(text('<a>&#x110000;</a>'), '\u{fffd}');
  t.equal(text('<a attribute="1 &gt; 0"/>'), '');
});

test('what is not well-formed is nothing', async (t) => {
  const broken = [
    '',
    'x',
    '<a>',
    '</a>',
    '<a></b>',
    '<a><b></a></b>',
    '<a/><b/>',
    '<a/>x',
    '<a b=c/>',
    '<a <b/>',
    '<!DOCTYPE a><a/>',
  ];
  for (const xml of broken) t.equal(readXml(xml), undefined, xml);
});
