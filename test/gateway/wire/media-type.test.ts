import t from 'tap';
import { preferredType } from '../../../gateway/wire/media-type.ts';

const cases: [accept: string | undefined, preferred: 'json' | 'events'][] = [
  [undefined, 'json'],
  ['', 'json'],
  ['*/*', 'json'],
  ['application/json', 'json'],
  ['text/event-stream', 'events'],
  ['TEXT/Event-Stream', 'events'],
  ['text/event-stream, */*;q=0.1', 'events'],
  ['text/*', 'events'],
  ['text/event-stream, application/json', 'json'],
  ['application/json;q=0.5, text/event-stream', 'events'],
  ['application/json, text/event-stream;q=0.9', 'json'],
  ['text/event-stream;q=0, */*', 'json'],
  ['text/event-stream;q=0', 'json'],
  ['text/event-stream;charset=utf-8;q=0.8, application/json;q=0.2', 'events'],
  ['text/event-stream;q=2, application/json', 'json'],
  ['text/event-stream;q=x, application/json;q=0.1', 'json'],
  ['image/png', 'json'],
  [`${'a/b,'.repeat(5000)}text/event-stream`, 'json'],
];

t.test('the heavier one, JSON when in doubt', async (t) => {
  for (const [accept, preferred] of cases) {
    const type = preferredType(accept, 'application/json', 'text/event-stream');
    t.equal(type === 'application/json' ? 'json' : 'events', preferred, accept?.slice(0, 80) ?? 'none');
  }
});
