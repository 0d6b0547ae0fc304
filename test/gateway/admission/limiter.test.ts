import t from 'tap';
import { createLimiter } from '../../../gateway/admission/limiter.ts';
import { agreement } from './support.ts';

/** How many of `tries` calls at one moment are allowed. */
function allowed(
  limiter: ReturnType<typeof createLimiter>,
  terms: ReturnType<typeof agreement>,
  now: number,
  tries: number,
) {
  let count = 0;
  for (let i = 0; i < tries; i++) if (limiter.take(terms, now).allowed) count++;
  return count;
}

t.test('a burst, then the rate', async (t) => {
  const terms = agreement({ rate: { perSecond: 10, burst: 20 } });
  const limiter = createLimiter({ replicas: () => 1 });
  t.equal(allowed(limiter, terms, 0, 50), 20);
  t.equal(allowed(limiter, terms, 99, 50), 0);
  t.equal(allowed(limiter, terms, 100, 50), 1);
  t.equal(allowed(limiter, terms, 600, 50), 5);
  t.equal(allowed(limiter, terms, 1_000_000, 50), 20, 'never more than the burst');
  t.equal(allowed(limiter, terms, 0, 50), 0, 'a clock that goes back gives nothing');
});

t.test('fields of draft-ietf-httpapi-ratelimit-headers-11', async (t) => {
  const number = 'TT-2026-G12-01';
  const limiter = createLimiter({ replicas: () => 1 });
  const terms = agreement({ rate: { perSecond: 100, burst: 100 } });
  t.match(limiter.take(terms, 0), {
    allowed: true,
    remaining: 99,
    resetSeconds: 1,
    headers: { 'RateLimit-Policy': `"${number}";q=100;w=1`, RateLimit: `"${number}";r=99;t=1` },
  });
  for (let i = 0; i < 99; i++) limiter.take(terms, 0);
  t.match(limiter.take(terms, 0), {
    allowed: false,
    retryAfter: 1,
    headers: { 'RateLimit-Policy': `"${number}";q=100;w=1`, RateLimit: `"${number}";r=0;t=1` },
  });
});

// B.2.1 of the draft: 100 quota units a minute.
t.test('a slow rate: the window is the time in which the bucket fills', async (t) => {
  const limiter = createLimiter({ replicas: () => 1 });
  const terms = agreement({ number: 'fixedwindow', rate: { perSecond: 100 / 60, burst: 100 } });
  for (let i = 0; i < 84; i++) limiter.take(terms, 0);
  t.same(limiter.take(terms, 0).headers, {
    'RateLimit-Policy': '"fixedwindow";q=100;w=60',
    RateLimit: '"fixedwindow";r=15;t=51',
  });
  for (let i = 0; i < 15; i++) limiter.take(terms, 0);
  const refused = limiter.take(terms, 0);
  t.match(refused, { allowed: false, retryAfter: 1 });
});

t.test('Retry-After does not end before the window that RateLimit names', async (t) => {
  const limiter = createLimiter({ replicas: () => 1 });
  const terms = agreement({ rate: { perSecond: 0.1, burst: 1 } });
  limiter.take(terms, 0);
  t.match(limiter.take(terms, 2500), {
    allowed: false,
    retryAfter: 8,
    headers: { RateLimit: '"TT-2026-G12-01";r=0;t=8' },
  });
});

t.test('each replica holds its share of the rate, as replicas come and go', async (t) => {
  let replicas = 2;
  const limiter = createLimiter({ replicas: () => replicas });
  const terms = agreement({ rate: { perSecond: 100, burst: 100 } });
  t.equal(allowed(limiter, terms, 0, 500), 50);
  t.equal(allowed(limiter, terms, 1000, 500), 50);
  replicas = 4;
  t.equal(allowed(limiter, terms, 2000, 500), 25);
  replicas = 1;
  t.equal(allowed(limiter, terms, 3000, 500), 25, 'what was earned under the old share');
  t.equal(allowed(limiter, terms, 4000, 500), 100);
  replicas = 1000;
  t.equal(allowed(limiter, terms, 5000, 500), 1, 'a share below one call lets one call through');
});

t.test('agreements do not share buckets; one without a rate has no limit and no fields', async (t) => {
  const limiter = createLimiter({ replicas: () => 1 });
  const rate = { perSecond: 1, burst: 1 };
  t.ok(limiter.take(agreement({ number: 'A', rate }), 0).allowed);
  t.notOk(limiter.take(agreement({ number: 'A', rate }), 0).allowed);
  t.ok(limiter.take(agreement({ number: 'B', rate }), 0).allowed);
  const free = agreement({ number: 'C' });
  t.equal(allowed(limiter, free, 0, 10_000), 10_000);
  t.equal(limiter.take(free, 0).headers, undefined);
});

t.test('new terms count from now on, with what is left under the old', async (t) => {
  const limiter = createLimiter({ replicas: () => 1 });
  t.equal(allowed(limiter, agreement({ rate: { perSecond: 10, burst: 10 } }), 0, 5), 5);
  const wider = agreement({ rate: { perSecond: 1000, burst: 1000 } });
  t.equal(allowed(limiter, wider, 0, 50), 5);
  t.match(limiter.take(wider, 1000).headers, { 'RateLimit-Policy': '"TT-2026-G12-01";q=1000;w=1' });
});
