/**
 * `x-polygon`: an array holds the rings of one polygon (`adapters/geometry/polygon.ts`), in degrees. Other keywords report an
 * array that is no list of rings of positions.
 */
import type { Ajv, SchemaValidateFunction } from 'ajv';
import { polygonFault, type Ring } from '../../../adapters/geometry/polygon.ts';
import { valuesOf } from './keyword-values.ts';

const POLYGON = 'x-polygon';

/** Billionths of a degree, a tenth of a millimetre. */
const PRECISION = 1e9;

const validate: SchemaValidateFunction = (_wanted: true, rings: unknown, _schema, context) => {
  const found = isRings(rings) ? polygonFault(rings, PRECISION) : undefined;
  if (!found) return true;
  validate.errors = [
    {
      keyword: POLYGON,
      instancePath: `${context?.instancePath ?? ''}/${found.ring}`,
      message: 'must be a ring of a polygon',
      params: { fault: found.fault },
    },
  ];
  return false;
};

/** Adds the keyword to an ajv instance. */
export function addPolygon(ajv: Ajv): void {
  ajv.addKeyword({
    keyword: POLYGON,
    type: 'array',
    schemaType: 'boolean',
    ...valuesOf({ const: true }),
    errors: true,
    validate,
  });
}

function isRings(value: unknown): value is Ring[] {
  return (
    Array.isArray(value) &&
    value.every(
      (ring) =>
        Array.isArray(ring) &&
        ring.every(
          (position) => Array.isArray(position) && position.length > 1 && position.every(Number.isFinite),
        ),
    )
  );
}
