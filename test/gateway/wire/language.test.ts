import t from 'tap';
import { preferredLanguage } from '../../../gateway/wire/language.ts';

t.test('Vietnamese unless English is preferred', async (t) => {
  const cases: [string | undefined, 'vi' | 'en'][] = [
    [undefined, 'vi'],
    ['', 'vi'],
    ['*', 'vi'],
    ['fr', 'vi'],
    ['en', 'en'],
    ['EN-gb', 'en'],
    ['vi,en;q=0.9', 'vi'],
    ['en;q=0.9, vi;q=0.5', 'en'],
    ['en;q=0', 'vi'],
    ['en;q=abc', 'vi'],
    ['en;q=0.1, *;q=0.9', 'vi'],
    ['vi;q=0, *', 'en'],
    ['en;q=0, *', 'vi'],
    ['vi;q=0.2, *;q=0.5', 'en'],
    ['*;q=0, en', 'en'],
    [`${'x,'.repeat(500)}en`, 'vi'],
  ];
  for (const [header, expected] of cases)
    t.equal(preferredLanguage(header), expected, String(header).slice(0, 40));
});
