/** A JSON object, such as a schema, and references from it to components of the OpenAPI document. */
export type Json = { readonly [member: string]: unknown };

/** A reference to a component, such as `schemas/Meta`. */
export const ref = (path: string): Json => ({ $ref: `#/components/${path}` });
