/** The RFC's own examples: 2.1 to 2.5, 3.2, 4.3, and the test cases of appendix B. */
import { createHmac, createPublicKey, verify } from 'node:crypto';
import { parseItem } from 'structured-headers';
import t from 'tap';
import { readRequest, readResponse } from '../../../gateway/client/saved-message.ts';
import { signatureBase } from '../../../gateway/signatures/format/base.ts';
import { componentValue, type FieldTypes } from '../../../gateway/signatures/format/components.ts';
import { verifyContentDigest } from '../../../gateway/signatures/format/content-digest.ts';
import { InvalidSignature } from '../../../gateway/signatures/format/invalid-signature.ts';
import type { SignatureContext } from '../../../gateway/signatures/format/message.ts';
import { readSignatures, verifySignature } from '../../../gateway/signatures/format/signed-message.ts';
import { reasonOf } from './support/reason-of.ts';
import { type Example, examples, keys, sharedSecret } from './support/rfc9421.ts';

function contextOf({ message, request }: Pick<Example, 'message' | 'request'>): SignatureContext {
  const bytes = Buffer.from(message);
  if (!message.startsWith('HTTP/')) return { request: readRequest(bytes).message };
  return {
    response: readResponse(bytes).message,
    request: request === undefined ? undefined : readRequest(Buffer.from(request)).message,
  };
}

for (const example of examples) {
  const { section, label, key, message, base, broken } = example;
  t.test(`${section}: ${label}`, async (t) => {
    const context = contextOf(example);
    const { fields } = context.response ?? context.request!;
    const signature = readSignatures(fields).find((one) => one.label === label)!;
    t.ok(signature, 'the signature is there');
    if (broken) {
      const publicKey = createPublicKey(keys[key as keyof typeof keys]);
      t.equal(
        reasonOf(() => verifySignature(signature, context, publicKey)),
        'mismatch',
      );
      return;
    }
    const made = signatureBase(signature.input, context);
    if (base !== undefined) t.equal(made, base, 'the base is the one printed');
    const bytes = Buffer.from(made);
    if (key === 'test-shared-secret') {
      const mac = createHmac('sha256', Buffer.from(sharedSecret, 'base64')).update(bytes).digest();
      t.same(signature.signature, mac);
    } else if (key === 'test-key-rsa') {
      t.ok(verify('sha256', bytes, createPublicKey(keys[key]), signature.signature));
      // PKCS #1 v1.5: not an algorithm of this gateway, whatever `alg` says.
      t.equal(
        reasonOf(() => verifySignature(signature, context, createPublicKey(keys[key]))),
        'algorithm',
      );
    } else {
      t.same(verifySignature(signature, context, createPublicKey(keys[key])), bytes);
    }
    const digest = fields('content-digest');
    const content = message.split('\n\n')[1]!;
    if (digest.length > 0) t.doesNotThrow(() => verifyContentDigest(digest, content));
  });
}

/** Component identifiers of a message, and the values that the RFC prints for them. */
const values: readonly {
  readonly section: string;
  readonly message: string;
  readonly values: Readonly<Record<string, string>>;
}[] = [
  {
    section: '2.1, fields',
    message: [
      'GET / HTTP/1.1',
      'Host: www.example.com',
      'Date: Tue, 20 Apr 2021 02:07:56 GMT',
      'X-OWS-Header:   Leading and trailing whitespace.   ',
      'X-Obs-Fold-Header: Obsolete',
      '    line folding.',
      'Cache-Control: max-age=60',
      'Cache-Control:    must-revalidate',
      'Example-Dict:  a=1,    b=2;x=1;y=2,   c=(a   b   c)',
      'X-Empty-Header: ',
    ].join('\r\n'),
    values: {
      '"host"': 'www.example.com',
      '"date"': 'Tue, 20 Apr 2021 02:07:56 GMT',
      '"x-ows-header"': 'Leading and trailing whitespace.',
      '"x-obs-fold-header"': 'Obsolete line folding.',
      '"cache-control"': 'max-age=60, must-revalidate',
      '"example-dict"': 'a=1,    b=2;x=1;y=2,   c=(a   b   c)',
      '"x-empty-header"': '',
      '"example-dict";sf': 'a=1, b=2;x=1;y=2, c=(a b c)',
    },
  },
  {
    section: '2.1.2, members of dictionaries',
    message: 'GET / HTTP/1.1\nHost: a\nExample-Dict:  a=1, b=2;x=1;y=2, c=(a   b    c), d',
    values: {
      '"example-dict";key="a"': '1',
      '"example-dict";key="d"': '?1',
      '"example-dict";key="b"': '2;x=1;y=2',
      '"example-dict";key="c"': '(a b c)',
    },
  },
  {
    section: '2.1.3, wrapped fields',
    message: 'GET / HTTP/1.1\nHost: a\nExample-Header: value, with, lots\nExample-Header: of, commas',
    values: {
      '"example-header"': 'value, with, lots, of, commas',
      '"example-header";bs': ':dmFsdWUsIHdpdGgsIGxvdHM=:, :b2YsIGNvbW1hcw==:',
    },
  },
  {
    section: '2.1.3, a wrapped field of one line',
    message: 'GET / HTTP/1.1\nHost: a\nExample-Header: value, with, lots, of, commas',
    values: { '"example-header";bs': ':dmFsdWUsIHdpdGgsIGxvdHMsIG9mLCBjb21tYXM=:' },
  },
  {
    section: '2.2, derived components',
    message: 'POST /path?param=value HTTP/1.1\nHost: www.example.com',
    values: {
      '"@method"': 'POST',
      '"@target-uri"': 'https://www.example.com/path?param=value',
      '"@authority"': 'www.example.com',
      '"@scheme"': 'https',
      '"@request-target"': '/path?param=value',
      '"@path"': '/path',
      '"@query"': '?param=value',
    },
  },
  {
    section: '2.2.5, absolute form; 2.2.3, case and the scheme’s own port',
    message: 'GET https://WWW.example.com:443/path?param=value HTTP/1.1',
    values: {
      '"@request-target"': 'https://WWW.example.com:443/path?param=value',
      '"@authority"': 'www.example.com',
      '"@path"': '/path',
    },
  },
  {
    section: '2.2.6, no path; 2.2.7, no query',
    message: 'GET https://www.example.com HTTP/1.1',
    values: { '"@path"': '/', '"@query"': '?' },
  },
  {
    section: '2.2.7, a query as it is written',
    message: 'GET /path?param=value&foo=bar&baz=bat%2Dman HTTP/1.1\nHost: www.example.com',
    values: { '"@query"': '?param=value&foo=bar&baz=bat%2Dman' },
  },
  {
    section: '2.2.7, a query without parameters',
    message: 'POST /path?queryString HTTP/1.1\nHost: www.example.com',
    values: { '"@query"': '?queryString' },
  },
  {
    section: '2.2.8, query parameters',
    message: 'GET /path?param=value&foo=bar&baz=batman&qux= HTTP/1.1\nHost: www.example.com',
    values: {
      '"@query-param";name="baz"': 'batman',
      '"@query-param";name="qux"': '',
      '"@query-param";name="param"': 'value',
    },
  },
  {
    section: '2.2.8, encoded query parameters',
    message:
      'GET /parameters?var=this%20is%20a%20big%0Amultiline%20value&bar=with+plus+whitespace&fa%C3%A7ade%22%3A%20=something HTTP/1.1\nHost: www.example.com',
    values: {
      '"@query-param";name="var"': 'this%20is%20a%20big%0Amultiline%20value',
      '"@query-param";name="bar"': 'with%20plus%20whitespace',
      '"@query-param";name="fa%C3%A7ade%22%3A%20"': 'something',
    },
  },
  {
    section: '2.2.9, the status',
    message: 'HTTP/1.1 200 OK\nDate: Fri, 26 Mar 2010 00:05:00 GMT',
    values: { '"@status"': '200' },
  },
];

const types: FieldTypes = new Map([['example-dict', 'dictionary']]);

for (const { section, message, values: expected } of values) {
  t.test(section, async (t) => {
    const context = contextOf({ message });
    for (const [identifier, value] of Object.entries(expected))
      t.equal(componentValue(parseItem(identifier), context, types), value, identifier);
  });
}

t.test('2.5: what has no value makes no base', async (t) => {
  const request =
    'GET /?a=1&a=2&b=3 HTTP/1.1\nHost: a.example\nExample-Dict: a=1, b=(\nList: a\nNon-Ascii: é';
  const response = 'HTTP/1.1 200 OK\nDate: now';
  const none: readonly [string, string][] = [
    ...[
      ...['"x-absent"', '"X-Upper"', '"@unknown"', '"@signature-params"', '"@status"', '"@query-param"'],
      ...['"@query-param";name="a"', '"@query-param";name="c"', '"@method";name="a"', '"@method";req'],
      ...['"host";req', '"host";tr', '"host";unknown', '"host";sf', '"host";key="a"', '"host";sf;bs'],
      ...['"host";bs;key="a"', '"host";bs=?0', '"host";req=1', '"example-dict";key="a"', '"example-dict";sf'],
      ...[
        '"example-dict";key=1',
        '"@method";sf',
        '"@method";bs',
        '"non-ascii"',
        '"toString"',
        '"@__proto__"',
      ],
      '5',
    ].map((identifier): [string, string] => [request, identifier]),
    ...['"@method"', '"@method";req', '"date";req', '"@status";req', '"@status";sf'].map(
      (identifier): [string, string] => [response, identifier],
    ),
  ];
  for (const [message, identifier] of none) {
    const input: Parameters<typeof signatureBase>[0] = [[parseItem(identifier)], new Map()];
    t.throws(() => signatureBase(input, contextOf({ message }), types), InvalidSignature, identifier);
  }
});

t.test('2.5: a component is covered once, whatever the order of its parameters', async (t) => {
  const context: SignatureContext = {
    ...contextOf({ message: 'HTTP/1.1 200 OK\nExample-Dict: a=1' }),
    request: readRequest(Buffer.from('GET / HTTP/1.1\nHost: a\nExample-Dict: a=1')).message,
  } as SignatureContext;
  const base = (...identifiers: string[]) =>
    signatureBase([identifiers.map((identifier) => parseItem(identifier)), new Map()], context, types);
  t.ok(base('"example-dict"', '"example-dict";req', '"example-dict";sf', '"example-dict";sf;req'));
  t.equal(
    reasonOf(() => base('"@status"', '"@status"')),
    'component',
  );
  t.equal(
    reasonOf(() => base('"example-dict";sf;req', '"example-dict";req;sf')),
    'component',
  );
});
