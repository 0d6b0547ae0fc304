/** Builders of schemas that many routes use. */
import type { Json } from './json.ts';

/** An object with these members and no others. */
export function object(required: Json, optional: Json = {}): Json {
  return {
    type: 'object',
    required: Object.keys(required),
    additionalProperties: false,
    properties: { ...required, ...optional },
  };
}

/** The content of a body in JSON. */
export const json = (schema: Json) => ({ content: { 'application/json': { schema } } });
