import { createHash } from 'node:crypto';
import fc from 'fast-check';
import t from 'tap';
import { digestsOf } from '../../../../gateway/changes/intake/digests.ts';
import { canonicalise } from '../../../../gateway/wire/canonical-json.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('latin1');

t.test('of all that a change says, and of its state alone', async () => {
  const operation = fc.constantFrom('created' as const, 'updated' as const);
  const data = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue({ stringUnit: 'grapheme' }));
  const fields = fc.array(fc.constantFrom('/name', '/headOffice/street', '/Đường'));
  fc.assert(
    fc.property(operation, data, fields, fc.string(), (operation, data, changedFields, occurredAt) => {
      const said = {
        operation,
        occurredAt,
        changedFields: canonicalise(changedFields),
        data: canonicalise(data),
      };
      const { digest, stateDigest } = digestsOf(said, 'content');
      return (
        stateDigest === sha256(canonicalise(data)) &&
        digest === sha256(canonicalise({ operation, data, changedFields, occurredAt }))
      );
    }),
  );
});

t.test('one that is read is what its state is', async (t) => {
  const said = {
    operation: 'updated',
    occurredAt: '2026-03-02T09:15:00+07:00',
    changedFields: '[]',
  } as const;
  const { digest, stateDigest } = digestsOf({ ...said, data: '{"name":"Đỗ"}' }, 'state');
  t.equal(stateDigest, sha256('{"name":"Đỗ"}'));
  t.equal(digest, stateDigest);
});

t.test('a deleted one has no state', async (t) => {
  const occurredAt = '2026-03-02T09:15:00+07:00';
  const said = { operation: 'deleted', occurredAt, changedFields: '[]', data: null } as const;
  t.strictSame(digestsOf(said, 'content'), {
    digest: sha256(canonicalise({ operation: 'deleted', occurredAt, changedFields: [] })),
    stateDigest: sha256(''),
  });
});

t.test('a large one is digested whole, and leaves nothing to the next', async (t) => {
  const said = {
    operation: 'created',
    occurredAt: '2026-03-02T09:15:00+07:00',
    changedFields: '[]',
  } as const;
  const data = ['', 'ễ'.repeat(16_000), '𐀀'.repeat(4000), 'a'.repeat(700_000), ''].map((name) =>
    canonicalise({ name }),
  );
  for (const state of data)
    t.equal(digestsOf({ ...said, data: state }, 'content').stateDigest, sha256(state));
});
