import t from 'tap';
import { isMoment } from '../../../../adapters/values/rfc3339.ts';
import { eventTime } from '../../../../gateway/changes/render/event-time.ts';

t.test('times in an outbox, as events have them', async (t) => {
  const times: [stored: string, time: string][] = [
    ['2026-11-02T09:15:00+07:00', '2026-11-02T09:15:00+07:00'],
    ['2026-11-02T09:15:00.123Z', '2026-11-02T09:15:00.123Z'],
    ['2026-11-02T09:15:00+07', '2026-11-02T09:15:00+07:00'],
    ['2026-11-02T09:15:00+0700', '2026-11-02T09:15:00+07:00'],
    ['2026-11-02 09:15:00+07:00', '2026-11-02T09:15:00+07:00'],
    ['2026-11-02t02:15:00z', '2026-11-02T02:15:00Z'],
    ['2016-12-31T23:59:60Z', '2016-12-31T23:59:59Z'],
    ['2017-01-01 06:59:60.5+07', '2017-01-01T06:59:59.5+07:00'],
  ];
  for (const [stored, time] of times) {
    t.equal(eventTime(stored), time, stored);
    t.ok(isMoment(eventTime(stored)));
  }
  t.equal(eventTime('whatever'), 'whatever');
});
