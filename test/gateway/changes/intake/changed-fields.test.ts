import t from 'tap';
import { allFields, changedFields } from '../../../../gateway/changes/intake/changed-fields.ts';
import { firm, stateOf } from '../support.ts';

t.test('all fields, from the top', (t) => {
  t.same(allFields(firm), ['/code', '/name', '/headOffice', '/members']);
  t.end();
});

t.test('the difference between two states', (t) => {
  const before = stateOf(1);
  const fields = (after: object) => changedFields(firm, before, after);
  t.same(fields(stateOf(1)), []);
  t.same(fields(stateOf(1, { name: 'B' })), ['/name']);
  t.same(fields(stateOf(1, {}, '79')), ['/headOffice/provinceCode'], 'in an object');
  t.same(fields(stateOf(1, { members: [] })), ['/members'], 'arrays differ as a whole');
  const { name, headOffice, ...rest } = before;
  t.same(fields(rest), ['/name', '/headOffice'], 'what is gone');
  t.same(changedFields(firm, rest, before).sort(), ['/headOffice', '/name'], 'what has come');
  const { detail, ...province } = headOffice;
  t.same(fields({ ...before, headOffice: province }), ['/headOffice/detail']);
  t.end();
});

t.test('an object that is a leaf differs as a whole', (t) => {
  const leaf = { ...firm, leaves: [{ path: '/headOffice', sensitivity: 'public' as const, since: 1 }] };
  const states = [stateOf(1), stateOf(1, {}, '79')].map(({ headOffice }) => ({ headOffice }));
  t.same(changedFields(leaf, states[0], states[1]), ['/headOffice']);
  t.end();
});
