/** JSON Schema (2020-12) with our own formats, keywords and annotations. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import { addFormats } from './vocabulary.ts';

let dialect: Ajv2020 | undefined;

/**
 * An instance with the dialect and no schemas, which validates documents by the meta-schema. Shared, and made on first use: the
 * code of the meta-schema takes a tenth of a second to compile.
 */
export function schemaDialect(): Ajv2020 {
  if (!dialect) {
    dialect = new Ajv2020({ strict: true, allErrors: true });
    addFormats(dialect);
  }
  return dialect;
}
