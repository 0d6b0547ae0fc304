/**
 * The table as a JSON Schema: `schemas/catalog` refers to it, so that the catalogue's own files can name every circumstance and
 * no other header. It is no file: a copy in JSON would be a second list.
 */
import { circumstances, granted } from './circumstances.ts';

const values = ({ shape }: { readonly shape: RegExp }) => ({ type: 'string', pattern: shape.source });

export const circumstancesSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'catalog/circumstances.schema.json',
  $defs: {
    /** A header that an agreement may require. */
    header: { enum: circumstances.map(({ header }) => header) },
    /** A value that an agreement may grant. */
    granted: values(granted),
    /** Header fields of a call, with their values. */
    headers: {
      type: 'object',
      additionalProperties: false,
      properties: Object.fromEntries(circumstances.map((row) => [row.header, values(row)])),
    },
  },
};
