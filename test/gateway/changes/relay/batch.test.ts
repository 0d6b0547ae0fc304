import t from 'tap';
import type { StoredChange } from '../../../../gateway/changes/change.ts';
import { createBatchRenderer } from '../../../../gateway/changes/relay/batch.ts';
import { createRenderer } from '../../../../gateway/changes/render/event.ts';
import { codeOf, firm, grantOf, publicUrl, secrets, stateOf } from '../support.ts';

/** A subscriber of two entities, of which one is granted the name alone. */
const firms = grantOf('TT-1');
const branches = { ...grantOf('TT-1', { fields: ['/name'] }), entity: { ...firm, name: 'branch' } };
const render = createBatchRenderer([firms, branches], (grant) => createRenderer(grant, secrets, publicUrl));

const changeAt = (position: number, entity: string): StoredChange => ({
  ...{ registry: 'business', position, entity, subject: codeOf(position), version: 1, operation: 'created' },
  ...{
    occurredAt: '2026-03-01T08:00:00+07:00',
    changedFields: [],
    data: stateOf(position),
    superseded: false,
  },
  ...{ before: undefined, after: { provinceCode: '01' }, recordedAt: 0 },
});
const changes = ['enterprise', 'branch', 'other', 'branch', 'enterprise', 'other'].map((entity, index) =>
  changeAt(index + 1, entity),
);

t.test('entities are numbered as one, in order, and disclosed each as it is granted', async (t) => {
  const batch = render(changes, 7, Number.POSITIVE_INFINITY);
  t.same(
    batch.events.map(({ sequence, type }) => [Number(sequence), type.split('.')[3]]),
    [
      [8, 'enterprise'],
      [9, 'branch'],
      [10, 'branch'],
      [11, 'enterprise'],
    ],
  );
  t.same(batch.progress, { position: 6, sequence: 11 }, 'past what is not for it');
  t.same(
    batch.changes.map(({ position }) => position),
    [1, 2, 4, 5],
  );
  t.same(
    batch.disclosures.map(({ grant, events }) => [grant.entity.name, events.length]),
    [
      ['enterprise', 2],
      ['branch', 2],
    ],
  );
  t.same(Object.keys(JSON.parse(batch.events[1]!.data).state), ['name']);
});

t.test('no more than was asked for, and nothing is passed over', async (t) => {
  const first = render(changes, 0, 2);
  t.same(first.progress, { position: 2, sequence: 2 });
  const rest = changes.filter(({ position }) => position > first.progress.position);
  const second = render(rest, first.progress.sequence, 2);
  t.same(second.progress, { position: 5, sequence: 4 });
  t.same([...first.events, ...second.events], render(changes, 0, 100).events);
  t.same(render([], 4, 2).progress.sequence, 4);
});
