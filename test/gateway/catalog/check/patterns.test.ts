import { Ajv2020 } from 'ajv/dist/2020.js';
import ajvFormats from 'ajv-formats';
import t from 'tap';
import { isLinear } from '../../../../gateway/catalog/check/patterns.ts';
import { copyContracts, findingsIn } from '../../../support/contracts.ts';

const linear = [
  '^[0-9]{2}$',
  '^[A-Z]{2}$',
  '^[0-9A-Za-z_-]{1,500}$',
  '^[a-z][a-z0-9-]*(\\.[a-z][a-z0-9-]*){2}$',
  '^(/[^/]+)*$',
  '^[^\\s@]+@[^\\s@]+$',
  '^(https://|http://localhost)',
  '^\\{[A-Za-z]+\\}(/\\{[A-Za-z]+\\})*$',
  '^\\p{L}+$',
  '^/',
];

/** Exponential, polynomial, or only long: each has a text that takes it far too long. */
const backtracking = [
  '^(a+)+$',
  '^(a|a)*$',
  '^(a|aa)+$',
  '^(\\w|\\d)+$',
  '^([a-zA-Z0-9])(([\\-.]|[_]+)?([a-zA-Z0-9]+))*@x$',
  '^(([a-z])+.)+[A-Z]([a-z])+$',
  '^a*a*$',
  '^\\s*(.*?)\\s*$',
  'a+b',
  '\\s+$',
  '^.*x.*y$',
  '^(a?){30}a{30}$',
  '^(\\d+)\\1$',
  '^(a',
];

t.test('linear', (t) => {
  for (const pattern of linear) t.ok(isLinear(pattern), pattern);
  t.end();
});

t.test('may backtrack, or is no pattern', (t) => {
  for (const pattern of backtracking) t.notOk(isLinear(pattern), pattern);
  t.end();
});

t.test('the formats of ajv that contracts may use', (t) => {
  const ajv = new Ajv2020();
  ajvFormats.default(ajv, { mode: 'full', formats: ['date', 'date-time', 'json-pointer'] });
  const pointer = ajv.formats['json-pointer'];
  t.ok(pointer instanceof RegExp && isLinear(pointer.source), String(pointer));
  // Functions over a text of fixed length, or split at its `T`.
  t.match(ajv.formats.date, { validate: Function });
  t.match(ajv.formats['date-time'], { validate: Function });
  t.end();
});

t.test('by file and line, wherever it stands in a schema', async (t) => {
  const copy = await copyContracts(t, {
    'schemas/address.schema.json': (text) =>
      text.replace('"properties": {', '"patternProperties": { "^(x+)+$": false },\n  "properties": {'),
    'schemas/relative.schema.json': (text) =>
      text.replace('"type": "string"', '"type": "string",\n      "pattern": "^(a|a)*$"'),
  });
  // An example that the pattern refuses is reported too.
  const found = (await findingsIn(copy)).filter(({ file }) => file.startsWith('schemas/'));
  t.match(found, [
    { file: 'schemas/address.schema.json', line: 8, message: /"\^\(x\+\)\+\$" may backtrack/ },
    { file: 'schemas/relative.schema.json', line: 12, message: /"\^\(a\|a\)\*\$" may backtrack/ },
  ]);
});

t.test('data in an example is no pattern', async (t) => {
  const copy = await copyContracts(t, {
    'schemas/relative.schema.json': (text) =>
      text.replace('"type": "string"', '"type": "string",\n      "examples": [{ "pattern": "^(a|a)*$" }]'),
  });
  t.same(await findingsIn(copy), []);
});
