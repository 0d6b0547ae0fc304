import { createHmac, randomBytes } from 'node:crypto';
import t from 'tap';
import { createKeyedHash } from '../../../gateway/store/hmac.ts';

t.test('is the HMAC of node:crypto, for keys and texts of every length', async (t) => {
  for (const keyLength of [0, 1, 32, 63, 64]) {
    const key = randomBytes(keyLength);
    const keyed = createKeyedHash(key);
    // Longer and shorter by turns: nothing of one text is left in the next.
    for (const length of [700, 0, 1, 1024, 55, 1025, 64, 5000, 3]) {
      const text = 'đ\0'.repeat(length).slice(0, length);
      t.equal(keyed(text), createHmac('sha256', key).update(text).digest('base64url'));
    }
  }
  t.throws(() => createKeyedHash(Buffer.alloc(65)), RangeError);
});
