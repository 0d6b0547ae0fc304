/** docs/agencies.md tells every word by which a stream ends as the code does. */
import t from 'tap';
import { streamEnds } from '../../gateway/exchange/streams/stream-end.ts';
import { readDocument, tableOf } from './support/markdown.ts';

t.test('the words', async (t) => {
  const document = await readDocument('docs/agencies.md');
  t.strictSame(
    tableOf(document, ['reason', '']),
    Object.entries(streamEnds).map(([word, about]) => [word, about]),
  );
});
