/**
 * Replays and dead letters, on the operators' port.
 *
 *   POST /admin/changes/replays        { by, reason, subscription | agreement [, registry, entity, sink],
 *                                        from: { sequence } | { time } | { deadLetters: true } | { everything: true } }
 *                                      202 { data: [replay] }; [] when nothing was sent since then
 *   GET  /admin/changes/replays/{id}   has the leader performed it?
 *   GET  /admin/changes/dead-letters   the newest; `?destination=` of one topic or subscription, `?limit=`
 */
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { FastifyPluginAsync } from 'fastify';
import { compileLazily } from '../../catalog/vocabulary/compile-lazily.ts';
import { addFormats } from '../../catalog/vocabulary/vocabulary.ts';
import type { ListedDeadLetter } from '../../changes/relay/dead-letters.ts';
import type { Decision, Replay, Replays } from '../../changes/relay/replay.ts';
import type { AskReplay, ReplaySelection } from '../../changes/replay/ask-replay.ts';
import type { ReplayFrom } from '../../changes/replay/plan-replay.ts';
import { texts, wrong } from '../../exchange/input/input.ts';
import { Problem } from '../../problems/problem.ts';
import { checks } from '../../problems/sentences/checks.ts';
import { violationsOf } from '../../problems/violations.ts';
import type { JsonBody } from '../../wire/json-body.ts';
import { parseInteger } from '../../wire/json-scalars.ts';
import { UUID } from '../../wire/uuid.ts';
import { operatorOf } from './admin.ts';

export interface ReplayAdminParts {
  readonly ask: AskReplay;
  readonly replays: Pick<Replays, 'find'>;
  readonly deadLetters: (destination: string | undefined, limit: number) => Promise<ListedDeadLetter[]>;
  readonly sinkNames: readonly string[];
}

type Body = Decision &
  ReplaySelection & {
    readonly from: Exclude<ReplayFrom, { time: Date }> | { readonly time: string };
  };

const name = { type: 'string', minLength: 1, maxLength: 100 };
const only = (member: string, schema: object) => ({
  ...{ type: 'object', required: [member], additionalProperties: false, properties: { [member]: schema } },
});
const bodySchema = (sinkNames: readonly string[]) => ({
  type: 'object',
  required: ['by', 'reason', 'from'],
  additionalProperties: false,
  properties: {
    by: { type: 'string', minLength: 1, maxLength: 200 },
    reason: { type: 'string', minLength: 1, maxLength: 2000 },
    subscription: { type: 'string', pattern: UUID.source },
    ...{ agreement: name, registry: name, entity: name, sink: { enum: sinkNames } },
    from: {
      oneOf: [
        only('sequence', { type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
        only('time', { type: 'string', format: 'date-time' }),
        only('deadLetters', { const: true }),
        only('everything', { const: true }),
      ],
    },
  },
  oneOf: [{ required: ['subscription'] }, { required: ['agreement'] }],
  dependentSchemas: {
    subscription: { properties: { registry: false, entity: false, sink: false } },
  },
});

function compileBody(sinkNames: readonly string[]) {
  return compileLazily<Body>(() => {
    const ajv = new Ajv2020({ strict: true, strictRequired: false, strictTypes: false, allErrors: true });
    addFormats(ajv);
    return ajv.compile(bodySchema(sinkNames));
  });
}

const MOST_LETTERS = 1000;

export function replayRoutes({ ask, replays, deadLetters, sinkNames }: ReplayAdminParts): FastifyPluginAsync {
  const isBody = compileBody(sinkNames);
  return async (app) => {
    app.post('/changes/replays', async (request, reply) => {
      if (request.body === undefined) throw new Problem('malformed_json');
      const { value, bytes } = request.body as JsonBody;
      if (!isBody(value)) throw new Problem('contract_violation', { errors: violationsOf(isBody.errors) });
      const { by, reason, from, ...selection } = value;
      const asked = await ask({
        selection,
        from: 'time' in from ? { time: new Date(from.time) } : from,
        decision: { by, reason },
        request: bytes,
        operator: operatorOf(request),
      });
      return reply.code(202).send({ data: asked.map(documentOf) });
    });
    app.get<{ Params: { id: string } }>('/changes/replays/:id', async ({ params }) => {
      const replay = UUID.test(params.id) ? await replays.find(params.id) : undefined;
      if (!replay) throw new Problem('not_found');
      return { data: documentOf(replay) };
    });
    app.get('/changes/dead-letters', async (request) => {
      const { destination, limit = '100' } = texts(request, ['destination', 'limit']);
      const count = parseInteger(limit);
      if (count === undefined || count < 1 || count > MOST_LETTERS) {
        throw wrong('limit', checks.wholeNumber(1, MOST_LETTERS));
      }
      return { data: await deadLetters(destination, count) };
    });
  };
}

function documentOf({ id, sink, subscriber, back, requestedAt, outcome }: Replay): object {
  return { id, sink, subscriber, fromSequence: back.sequence + 1, requestedAt, outcome };
}
