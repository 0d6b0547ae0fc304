/**
 * An object that requires one property or another, rewritten as a choice of whole objects: as types, alternatives
 * with only the required property would lack all others.
 *
 * The same values remain valid. A `oneOf` of two single properties allows neither both nor none: each alternative has
 * one of them and excludes the other.
 */
import type { Json } from '../../operation/json.ts';
import { named } from '../../operation/named.ts';
import type { Schema } from './subschemas.ts';

interface Branch {
  readonly required: readonly string[];
}

/** @returns the schema unchanged if its alternatives say more than which properties are required */
export function spellOut(schema: Schema): Schema {
  const keyword = 'oneOf' in schema ? 'oneOf' : 'anyOf';
  const { [keyword]: alternatives, required = [], properties, ...rest } = schema as Alternatives;
  if (!properties || !alternatives || rest.additionalProperties !== false) return schema;
  if (!alternatives.every(isDemand)) return schema;
  const areExclusive = keyword === 'oneOf' && alternatives.every((choice) => choice.required.length === 1);
  const { description, ...object } = rest;
  return {
    ...(description !== undefined && { description }),
    [keyword]: alternatives.map((choice) => {
      const excluded = areExclusive
        ? alternatives.filter((other) => other !== choice).flatMap((other) => other.required)
        : [];
      const kept = Object.entries(properties).filter(([name]) => !excluded.includes(name));
      const whole = {
        ...object,
        required: [...new Set([...required, ...choice.required])],
        properties: Object.fromEntries(kept),
      };
      return named({ by: choice.required.join('-and-') }, whole);
    }),
  };
}

type Alternatives = Schema & {
  readonly oneOf?: readonly Json[];
  readonly anyOf?: readonly Json[];
  readonly required?: readonly string[];
  readonly properties?: Json;
};

/** Only requires properties, without describing them: `{ "required": ["a"], "properties": { "a": {} } }`. */
function isDemand(alternative: Json): alternative is Json & Branch {
  const { required, properties = {}, ...others } = alternative;
  return (
    Array.isArray(required) &&
    Object.keys(others).length === 0 &&
    Object.values(properties as Json).every((schema) => Object.keys(schema as Json).length === 0)
  );
}
