import t from 'tap';
import { createChecker } from './openapi.ts';

const check = createChecker({
  paths: {
    '/things/{id}': {
      get: {
        responses: {
          200: {
            content: { 'application/json': { schema: { $ref: '#/components/schemas/Thing' } } },
          },
          404: { $ref: '#/components/responses/NotFound' },
        },
      },
    },
  },
  components: {
    schemas: { Thing: { type: 'object', required: ['id'], properties: { id: { format: 'uuid' } } } },
    responses: {
      NotFound: { content: { 'application/problem+json': { schema: { required: ['code'] } } } },
    },
  },
} as never);

const answer = (status: number, body: unknown, type = 'application/json; charset=utf-8') => ({
  method: 'GET',
  path: '/things/7?colour=red',
  answer: { status, body, headers: new Headers({ 'content-type': type }) },
});

t.test('an answer as the document says', async () => {
  check(answer(200, { id: '01a2018b-568c-74ce-8178-11a1b9ecf2af' }));
  check(answer(404, { code: 'not_found' }, 'application/problem+json'));
});

t.test('anything else', async (t) => {
  t.throws(() => check(answer(200, {})), /must have required property 'id'/);
  t.throws(() => check(answer(200, { id: '7' })), /must match format "uuid"/);
  t.throws(() => check(answer(404, { code: 'not_found' })), /no application\/json there/);
  t.throws(() => check(answer(500, {})), /names no such status/);
  t.throws(() => check({ ...answer(200, {}), path: '/things' }), /no such path/);
  t.throws(() => check({ ...answer(200, {}), method: 'POST' }), /no such path/);
});
