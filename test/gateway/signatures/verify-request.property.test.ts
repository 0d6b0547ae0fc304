/** No mutation of a signed request is accepted, unless it means the same. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import fc from 'fast-check';
import { serializeInnerList } from 'structured-headers';
import t from 'tap';
import { signRequest } from '../../../gateway/client/sign-request.ts';
import { InvalidSignature } from '../../../gateway/signatures/format/invalid-signature.ts';
import { fieldsOf, type RequestMessage } from '../../../gateway/signatures/format/message.ts';
import { readSignatures } from '../../../gateway/signatures/format/signed-message.ts';
import { findRequestSignature, verifyRequestSignature } from '../../../gateway/signatures/verify-request.ts';

const NOW = Date.UTC(2026, 10, 22);
const KEYS = {
  'ecdsa-p256-sha256': generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  ed25519: generateKeyPairSync('ed25519'),
  'rsa-pss-sha512': generateKeyPairSync('rsa', { modulusLength: 2048 }),
} as const;

type Headers = Readonly<Record<string, string>>;

const plain: Headers = {
  authorization: 'Bearer abc.def.ghi',
  'x-purpose': 'dich-vu-cong',
  'x-case-id': 'H26.11-261122-0001',
};
const url = 'https://gateway.example/v1/population/persons/lookup?a=1';

function signed(privateKey: KeyObject): Headers {
  const unsigned = { method: 'POST', url, headers: plain, body: '{"personalId":"001093824428"}' };
  return { ...plain, ...signRequest(unsigned, { kid: 'key', privateKey }, NOW) };
}

function messageOf(method: string, targetUri: string, headers: Headers): RequestMessage {
  return { method, targetUri, requestTarget: '', fields: fieldsOf(Object.entries(headers).flat()) };
}

/** Does it verify? Anything but a refusal for its faults is an error. */
async function accepts(message: RequestMessage, publicKey: KeyObject): Promise<boolean> {
  try {
    const chosen = findRequestSignature(message, true);
    if (!chosen) return false;
    await verifyRequestSignature(chosen, message, {
      findKey: async (keyid) => (keyid === 'key' ? { publicKey, thumbprint: 'key' } : undefined),
      useNonce: async () => true,
      now: NOW,
    });
    return true;
  } catch (error) {
    if (error instanceof InvalidSignature) return false;
    throw error;
  }
}

const mutation = fc.record({
  part: fc.constantFrom(
    ...['@method', '@target-uri', 'authorization', 'x-purpose', 'x-case-id', 'content-digest'],
    ...['signature-input', 'signature-input', 'signature', 'signature'],
  ),
  at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  cut: fc.integer({ min: 0, max: 3 }),
  // What a field may hold, and the words of this syntax.
  put: fc.oneof(
    fc.string({
      unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
      maxLength: 3,
    }),
    fc.constantFrom(
      '"',
      ';',
      ',',
      '=',
      '(',
      ')',
      ' "@method"',
      ';req',
      ';bs',
      'lienthong=',
      ', b=()',
      ':',
      ';created=1',
    ),
  ),
});

for (const [algorithm, { publicKey, privateKey }] of Object.entries(KEYS)) {
  t.test(`no mutation verifies: ${algorithm}`, async (t) => {
    const headers = signed(privateKey);
    t.ok(await accepts(messageOf('POST', url, headers), publicKey), 'unchanged');
    // What is the same for every reader: the signature's bytes, and the input as it is serialised.
    const meaning = (message: RequestMessage) =>
      readSignatures(message.fields)
        .map(
          ({ label, input, signature }) =>
            `${label}=${serializeInnerList(input)} ${signature.toString('hex')}`,
        )
        .join();
    const original = meaning(messageOf('POST', url, headers));
    let accepted = 0;
    await fc.assert(
      fc.asyncProperty(mutation, async ({ part, at, cut, put }) => {
        const parts: Record<string, string> = { '@method': 'POST', '@target-uri': url, ...headers };
        const before = parts[part]!;
        const start = Math.floor(at * before.length);
        parts[part] = (before.slice(0, start) + put + before.slice(start + cut)).trim();
        if (parts[part] === before) return;
        const { '@method': method, '@target-uri': target, ...fields } = parts;
        const message = messageOf(method!, target!, fields);
        if (!(await accepts(message, publicKey))) return;
        accepted++;
        // Whitespace between the members of a structured field, and the bits that base64 does not use.
        if (!part.startsWith('signature') || meaning(message) !== original) {
          throw new Error(`accepted: ${part}: ${parts[part]}`);
        }
      }),
      { numRuns: 3000 },
    );
    t.comment(`${accepted} meant the same`);
  });
}
