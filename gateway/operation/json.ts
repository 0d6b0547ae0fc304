/** Plain JSON, such as a schema is, and references from it into the components of the OpenAPI document. */
export type Json = { readonly [member: string]: unknown };

/** `schemas/Meta` → a reference to it. */
export const ref = (path: string): Json => ({ $ref: `#/components/${path}` });
