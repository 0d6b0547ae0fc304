/** The schema of the route of an entity's snapshots. */
import type { StreamEntity } from '../../catalog/catalog.ts';
import { scopeOf } from '../../catalog/grant/stream-scopes.ts';
import { reference } from '../../operation/contract-schema.ts';
import type { Json } from '../../operation/json.ts';
import { named, pascalCase } from '../../operation/named.ts';
import type { RouteSchema } from '../../operation/route-schema.ts';
import { object } from '../../operation/shapes.ts';
import { count, feedPlace, range, subject, topicPlace, version } from './copies.ts';

export function snapshotSchema({ registry, name, schema }: StreamEntity): RouteSchema {
  const after = {
    description: 'The last `next` of the snapshot that is to go on; absent: a new one',
    ...{ type: 'string', maxLength: 2000 },
  };
  return {
    operationId: `${registry}.snapshot.read.${name}.v1`,
    tags: ['copies'],
    summary: `Start a copy: every ${name} of the ${registry} registry`,
    description:
      'Lines of JSON: `start`, rows, a `next` after each piece of them, `end`. Without `end` it was cut: go on `after` the last `next`. Minimised and scoped as changes are.',
    scopes: [scopeOf(registry, 'snapshot')],
    querystring: { type: 'object', properties: { after, range } },
    takes: 'agreement',
    response: {
      200: {
        description: 'The lines',
        content: { 'application/x-ndjson': { schema: line(schema, pascalCase(`${registry}.${name}`)) } },
      },
    },
    refusals: 'copy',
  };
}

/** The schema of one line. */
function line(schema: object, entity: string): Json {
  const row = object({ subject, version, state: reference(schema, 'granted') });
  const next = object({ next: { type: 'string' } });
  return named(`${entity}SnapshotLine`, {
    anyOf: [start, named(`${entity}Row`, row), named('SnapshotNextLine', next), end, stopped],
  });
}

/** A line of one member, which is an object. */
const lineOf = (member: string, content: Json): Json =>
  named(
    pascalCase(`snapshot.${member}.line`),
    object({ [member]: named(pascalCase(`snapshot.${member}`), content) }),
  );

const start = lineOf(
  'start',
  object(
    {
      registry: { type: 'string' },
      entity: { type: 'string' },
      agreement: { type: 'string' },
      startedAt: { type: 'string', format: 'date-time' },
      rows: { ...count, description: 'Rows sent before, when it goes on' },
      feed: feedPlace,
    },
    { ranges: { type: 'array', items: { type: 'string' } }, kafka: topicPlace },
  ),
);

const end = lineOf(
  'end',
  object({ rows: count, unreadable: { ...count, description: 'Records that could not be decided' } }),
);

const stopped = lineOf('stopped', object({ reason: { type: 'string', description: 'Why it ends here' } }));
