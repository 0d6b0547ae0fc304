import type { FastifyRequest } from 'fastify';
import t from 'tap';
import type { Service } from '../../../../gateway/catalog/catalog.ts';
import { readFields } from '../../../../gateway/catalog/fields/fields.ts';
import { compileQuery } from '../../../../gateway/catalog/fields/query-values.ts';
import { requestOf } from '../../../../gateway/exchange/input/input.ts';

const schema = {
  type: 'object',
  'x-sensitivity': 'public',
  properties: {
    one: { type: 'string' },
    list: { type: 'array', items: { type: 'string' } },
    opaque: { type: ['array', 'string'], 'x-leaf': true },
    elsewhere: { $ref: '#/$defs/list' },
  },
  $defs: { list: { type: 'array', items: { type: 'string' } } },
};
const requestFields = readFields('query', new Map([['query', schema]]));
const service = {
  method: 'GET',
  requestFields,
  readQuery: compileQuery(requestFields),
} as unknown as Service;
const read = (query: object) => requestOf({ params: {}, query } as unknown as FastifyRequest, service);

t.test('a parameter comes once, unless its contract is a list', async (t) => {
  for (const name of ['list', 'opaque', 'elsewhere']) {
    t.strictSame(read({ [name]: ['a', 'b'] }), { [name]: ['a', 'b'] }, name);
  }
  t.strictSame(read({ one: 'a' }), { one: 'a' });
  t.throws(() => read({ one: ['a', 'b'] }), { code: 'contract_violation' });
});
