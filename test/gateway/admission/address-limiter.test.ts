import t from 'tap';
import { createAddressLimiter, sourceOf } from '../../../gateway/admission/address-limiter.ts';

t.test('each address has its own bucket', async (t) => {
  const limiter = createAddressLimiter({ perSecond: 2 });
  t.ok(limiter.take('203.0.113.7', 0).allowed);
  t.ok(limiter.take('203.0.113.7', 0).allowed);
  t.same(limiter.take('203.0.113.7', 0), { allowed: false, retryAfter: 1 });
  t.ok(limiter.take('203.0.113.8', 0).allowed);
  t.ok(limiter.take('203.0.113.7', 500).allowed);
});

t.test('addresses that count as one source', async (t) => {
  for (const [address, source] of [
    ['203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['::FFFF:203.0.113.7', '203.0.113.7'],
    ['::ffff:cb00:7107', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2::6', '2001:db8:1:2::/64'],
    ['2001:0db8:0001:0002::6', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:db8::', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['64:ff9b::203.0.113.7', '64:ff9b:0:0::/64'],
    ['2001:db8:1:2:3:4:203.0.113.7', '2001:db8:1:2::/64'],
    ['not:an:address', 'not:an:address'],
  ] as const) {
    t.equal(sourceOf(address), source, address);
  }
});

t.test('memory is bounded, and who is active is not forgotten', async (t) => {
  const limiter = createAddressLimiter({ perSecond: 2, maxAddresses: 100 });
  limiter.take('203.0.113.7', 0);
  limiter.take('203.0.113.7', 0);
  const forgotten = Array.from({ length: 10_000 }, (_, i) => {
    limiter.take(`2001:db8:${i.toString(16)}::1`, 0);
    return i % 20 === 0 && limiter.take('203.0.113.7', 0).allowed;
  }).indexOf(true);
  t.equal(forgotten, -1);
});
