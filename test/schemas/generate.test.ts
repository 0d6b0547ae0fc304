import { readFileSync } from 'node:fs';
import t from 'tap';
import { generateTypes } from '../../schemas/generate.ts';

t.test('types.ts is what the schemas generate', async (t) => {
  const committed = readFileSync(new URL('../../schemas/types.ts', import.meta.url), 'utf8');
  t.equal(committed, await generateTypes(), 'run npm run generate');
});
