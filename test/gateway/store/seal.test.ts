/**
 * One layout of what is sealed. The texts below were sealed before every owner of one used `store/seal.ts`: rows that lie in
 * databases, and cursors that agencies keep, must open for as long as there are any.
 */
import t from 'tap';
import { openCursor, sealCursor } from '../../../gateway/changes/feed/feed-cursor.ts';
import { unsealKey } from '../../../gateway/identity/tokens/sealed-key.ts';
import { seal, unseal } from '../../../gateway/store/seal.ts';
import { unsealValue } from '../../../gateway/writes/sealed-value.ts';

const key = Buffer.alloc(32, 7);
const stored = (text: string) => Buffer.from(text, 'base64url');

const INTENT = 'Jmo82oWgyzWF84F1xMPsvdKl6-P152-LI4cKIO-3rO9-Nua99qd7HiQWlKUL9qWI-Gfkpqh91xHG';
const CURSOR = 'AefdnyTwj-w5CnuPeGDFA8rLBHllTLnhoHa6ho_z7MT20bWCa3MOHEdRkiGFkC9xFp8dfjs';
const KID = '_ClkioF4icWCZ4xNeB_16ygJqLxrCiimAyRQgwY37Rs';
const SIGNING_KEY = [
  'RS1qN9ThFwnjCBuuOwXUD6iQAfSgT6plaC6JKKRBvdkfcz7pbUZYls6ye6Oi7lEOZ_kPF0IFhfqAP0pYmRnn765oHvC6TZwjKInVeRJR4ydK10Sz1_Xy',
  'xDB5Tl79wSGw-AtsnekiCYG-xAo0Oe1fKeU_EUDCd_2teWBILCpDfxJZwm4dD5D9CYyClnIifVxDRSFdt00KkBeNIfrRqIMICKBmKmAcyHOu5WefLujs',
  'X1rfajlBaQCY0uqwWCicW_hrlfM1mAdyT24efvWC',
].join('');

t.test('values that earlier versions sealed open', async (t) => {
  t.same(unsealValue(key, '0190', 'intent', stored(INTENT)), { personalId: '001190000019' });
  const context = { key, agreement: '12/2026', registry: 'business' };
  const position = { position: 41, sequence: 7, granted: '0123456789abcdef' };
  t.same(openCursor(CURSOR, context), position);
  const row = { kid: KID, private_key: stored(SIGNING_KEY), not_before: new Date(0), not_after: null };
  t.equal((await unsealKey(row, key)).publicJwk.kid, KID);
});

t.test('a cursor opens again, in the same number of bytes', (t) => {
  const context = { key, agreement: '12/2026', registry: 'business' };
  const position = { position: 2 ** 40, sequence: 3, granted: 'ffffffffffffffff' };
  const sealed = sealCursor(position, context);
  t.same(openCursor(sealed, context), position);
  t.equal(sealed.length, CURSOR.length);
  t.not(sealCursor(position, context), sealed, 'two cursors of one position do not look alike');
  for (const other of [
    { ...context, agreement: '13/2026' },
    { ...context, registry: 'land' },
    { ...context, key: Buffer.alloc(32, 8) },
  ]) {
    t.throws(() => openCursor(sealed, other), { code: 'cursor_invalid' });
  }
  t.end();
});

t.test('no byte of it can be changed or left out', (t) => {
  const sealed = seal(Buffer.from('plain'), key, 'its owner');
  t.equal(unseal(sealed, key, 'its owner')?.toString(), 'plain');
  t.equal(unseal(sealed, key, 'another'), undefined);
  for (const index of sealed.keys()) {
    const changed = Buffer.from(sealed);
    changed[index]! ^= 1;
    t.equal(unseal(changed, key, 'its owner'), undefined, `byte ${index}`);
    t.equal(unseal(sealed.subarray(0, index), key, 'its owner'), undefined, `${index} bytes`);
  }
  t.end();
});
