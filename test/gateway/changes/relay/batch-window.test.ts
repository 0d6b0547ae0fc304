import t from 'tap';
import { batchWindowFor } from '../../../../gateway/changes/relay/batch-window.ts';

t.test('the more readers the longer, within bounds', async (t) => {
  t.same(
    [0, 1, 200, 500, 1000, 100_000].map((readers) => batchWindowFor(readers, 1)),
    [200, 200, 200, 500, 1000, 1000],
  );
  t.same(
    [10, 50, 500].map((readers) => batchWindowFor(readers, 5)),
    [200, 250, 1000],
  );
});
