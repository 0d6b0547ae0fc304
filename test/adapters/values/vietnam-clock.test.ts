import t from 'tap';
import { beginOf, clockAt, dateOf, dayOf, startOf, ZONE } from '../../../adapters/values/vietnam-clock.ts';

t.test('days begin at 17:00 UTC', (t) => {
  const begin = Date.parse('2026-11-29T17:00:00Z');
  t.equal(dateOf(dayOf(begin)), '2026-11-30');
  t.equal(dateOf(dayOf(begin - 1)), '2026-11-29');
  t.equal(beginOf(dayOf(begin)), begin);
  t.equal(startOf('2026-11-30'), begin);
  t.end();
});

t.test('the clock’s time with its zone is the moment again', (t) => {
  for (const text of ['2026-11-30T09:15:00.000', '2024-02-29T23:59:59.999', '1954-10-10T00:00:00.000']) {
    t.equal(clockAt(Date.parse(text + ZONE)), text);
  }
  t.end();
});
