/** docs/agencies/feed.md has every word by which a stream ends, as the code has them. */
import t from 'tap';
import { streamEnds } from '../../gateway/exchange/streams/stream-end.ts';
import { readDocument, tableOf } from './support/markdown.ts';

t.test('the words', async (t) => {
  const document = await readDocument('docs/agencies/feed.md');
  t.strictSame(
    tableOf(document, ['reason', '']),
    Object.entries(streamEnds).map(([word, about]) => [word, about]),
  );
});
