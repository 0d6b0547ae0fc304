import t from 'tap';
import type { Operation, StoredChange } from '../../../../gateway/changes/change.ts';
import { render } from '../../../../gateway/changes/render/render.ts';
import { codeOf, grantOf, stateOf } from '../support.ts';

interface Case {
  operation?: Operation;
  before?: string;
  after?: string;
  changedFields?: readonly string[];
  superseded?: boolean;
  entity?: string;
}

function stored({ operation = 'updated', before, after, ...rest }: Case): StoredChange {
  return {
    registry: 'business',
    position: 1,
    entity: 'enterprise',
    subject: codeOf(1),
    version: 2,
    operation,
    occurredAt: '2026-03-01T08:00:00Z',
    changedFields: ['/name'],
    data: after === undefined ? undefined : stateOf(1, {}, after),
    superseded: false,
    before: before === undefined ? undefined : { provinceCode: before },
    after: after === undefined ? undefined : { provinceCode: after },
    recordedAt: 0,
    ...rest,
  };
}

t.test(
  'a scoped agreement receives the changes of records inside, and those that move in or out',
  async (t) => {
    const hanoi = grantOf('TT-1', { provinces: ['01'] });
    const rendered = (change: Case) => render(stored(change), hanoi)?.operation;
    const cases: [string, Case, Operation | undefined][] = [
      ['stays inside', { before: '01', after: '01' }, 'updated'],
      ['is created inside', { operation: 'created', after: '01' }, 'created'],
      ['is first seen inside', { after: '01' }, 'updated'],
      ['enters', { before: '48', after: '01' }, 'created'],
      ['leaves', { before: '01', after: '48' }, 'deleted'],
      ['is deleted inside', { operation: 'deleted', before: '01' }, 'deleted'],
      ['is deleted outside', { operation: 'deleted', before: '48' }, undefined],
      ['is deleted and was never seen', { operation: 'deleted' }, undefined],
      ['stays outside', { before: '48', after: '79' }, undefined],
      ['is created outside', { operation: 'created', after: '48' }, undefined],
      ['is first seen outside', { after: '48' }, undefined],
      ['is created again inside after it was deleted', { operation: 'created', after: '01' }, 'created'],
    ];
    for (const [what, change, operation] of cases) t.equal(rendered(change), operation, what);
  },
);

t.test('scope is looked at before fields: a record enters or leaves whatever changed', async (t) => {
  const grant = grantOf('TT-1', { provinces: ['01'], fields: ['/name'] });
  const moved = ['/headOffice/provinceCode'];
  t.same(render(stored({ before: '48', after: '01', changedFields: moved }), grant), {
    operation: 'created',
    changedFields: [],
    state: { name: 'Công ty 1' },
  });
  t.same(render(stored({ before: '01', after: '48', changedFields: moved }), grant), {
    operation: 'deleted',
    changedFields: [],
    state: undefined,
  });
});

t.test('without a scope every deletion is rendered, even that of an unknown subject', async (t) => {
  t.equal(render(stored({ operation: 'deleted' }), grantOf('TT-1'))?.operation, 'deleted');
});

t.test('only granted fields, only if one was touched', async (t) => {
  const grant = grantOf('TT-1', { fields: ['/code', '/members/*/name'] });
  t.equal(
    render(stored({ before: '01', after: '01', changedFields: ['/name', '/headOffice/detail'] }), grant),
    undefined,
  );
  t.same(render(stored({ before: '01', after: '01', changedFields: ['/name', '/members/0/name'] }), grant), {
    operation: 'updated',
    changedFields: ['/members/0/name'],
    state: { code: codeOf(1), members: [{ name: 'A', share: 1 }] },
  });
  t.equal(
    render(stored({ operation: 'created', after: '01', changedFields: [] }), grant)?.operation,
    'created',
  );
});

t.test('superseded versions and other entities are not rendered', async (t) => {
  const grant = grantOf('TT-1');
  t.equal(render(stored({ before: '01', after: '01', superseded: true }), grant), undefined);
  t.equal(render(stored({ before: '01', after: '01', entity: 'branch' }), grant), undefined);
});
