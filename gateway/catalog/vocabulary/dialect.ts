/** JSON Schema (2020-12) with the formats, keywords and annotations of our own. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import { addFormats } from './vocabulary.ts';

let dialect: Ajv2020 | undefined;

/**
 * Knows the dialect, and holds no schema: documents are held against its meta-schema. One for all, made when first asked
 * for: the code of the meta-schema takes a tenth of a second to make.
 */
export function schemaDialect(): Ajv2020 {
  if (!dialect) {
    dialect = new Ajv2020({ strict: true, allErrors: true });
    addFormats(dialect);
  }
  return dialect;
}
