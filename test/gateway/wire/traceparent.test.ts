import t from 'tap';
import { traceparentOf } from '../../../gateway/wire/traceparent.ts';

const good = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

t.test('a trace context is passed on as it is', async (t) => {
  t.equal(traceparentOf({ traceparent: good }), good);
});

t.test('a header that is no traceparent is not passed on', async (t) => {
  for (const traceparent of [
    '',
    'x',
    '001093824428',
    good.toUpperCase(),
    `${good}-more`,
    good.replace(/^00/, 'ff'),
    '00-00000000000000000000000000000000-00f067aa0ba902b7-01',
    '00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01',
  ]) {
    t.equal(traceparentOf({ traceparent }), undefined, traceparent);
  }
  t.equal(traceparentOf({}), undefined);
});
