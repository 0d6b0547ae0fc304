import t from 'tap';
import type { StoredChange } from '../../../../gateway/changes/change.ts';
import { dataIn } from '../../../../gateway/changes/render/event.ts';
import { createSharedRenderer, eventBytes } from '../../../../gateway/changes/render/rendered-events.ts';
import { grantOf, publicUrl, secrets, stateOf } from '../support.ts';

function changeAt(position: number): StoredChange {
  const data = stateOf(position);
  return {
    ...{ registry: 'business', entity: 'enterprise', subject: data.code, position, version: position },
    ...{
      operation: 'created',
      occurredAt: '2026-03-01T08:00:00+07:00',
      changedFields: [],
      superseded: false,
    },
    ...{ data, before: undefined, after: { provinceCode: '01' }, recordedAt: 0 },
  };
}

t.test('made once for an agreement, however many read it', async (t) => {
  const grant = grantOf('TT-1');
  let made = 0;
  const counted = {
    ...grant,
    project: (data: unknown) => {
      made++;
      return grant.project(data);
    },
  };
  const render = createSharedRenderer(secrets, publicUrl);
  const events = Array.from({ length: 500 }, () => render(counted, changeAt(1)));
  t.equal(made, 1);
  t.ok(events.every((event) => event === events[0]));
  const { head, tail } = events[0]!.halves;
  t.equal(head.buffer.byteLength, head.length + tail.length, 'keeps no memory but its own');
  t.match(JSON.parse(dataIn(events[0]!.halves)), { version: 1, state: { code: stateOf(1).code } });
  t.match(JSON.parse(Buffer.concat(eventBytes(events[0]!, 7)).toString()), {
    specversion: '1.0',
    sequence: '0000000000000007',
    agreement: 'TT-1',
    data: { version: 1, state: { code: stateOf(1).code } },
  });
  t.not(render(grantOf('TT-2', { fields: ['/name'] }), changeAt(1)), events[0]);
  t.equal(render(grantOf('TT-3', { provinces: ['48'] }), changeAt(1)), undefined);
});

t.test('the number of kept events is bounded, and the newest stay', async (t) => {
  const render = createSharedRenderer(secrets, publicUrl, 5000);
  const grant = grantOf('TT-1');
  const first = render(grant, changeAt(1));
  for (let position = 2; position <= 50; position++) render(grant, changeAt(position));
  const last = render(grant, changeAt(50));
  t.equal(render(grant, changeAt(50)), last, 'kept');
  const again = render(grant, changeAt(1));
  t.not(again, first, 'made again');
  t.same(again, first);
});
