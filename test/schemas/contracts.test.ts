import { readdirSync, readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import t from 'tap';
import { parse } from 'yaml';
import { addFormats } from '../../gateway/catalog/vocabulary/vocabulary.ts';
import { readSchemas } from '../../schemas/read.ts';

interface Contract {
  readonly service: string;
  readonly request: string;
  readonly response: string;
  readonly entities?: Readonly<Record<string, { readonly schema: string }>>;
  readonly examples: readonly { readonly request: unknown; readonly response: unknown }[];
}

interface Change {
  readonly entity: string;
  readonly data?: object | null;
}

const ajv = new Ajv2020({ strict: true, allErrors: true });
addFormats(ajv);
for (const schema of readSchemas().values()) ajv.addSchema(schema);

const directory = new URL('../../contracts/services/', import.meta.url);

function schema(name: string): ValidateFunction {
  const validate = ajv.getSchema(name);
  if (!validate) throw new Error(`no schema ${name}`);
  return validate;
}

for (const file of readdirSync(directory).sort()) {
  t.test(file, async (t) => {
    const contract: Contract = parse(readFileSync(new URL(file, directory), 'utf8'), { maxAliasCount: 0 });
    t.equal(file, `${contract.service}.v1.yaml`, 'the file is named after its service');
    const validateRequest = schema(contract.request);
    const validateResponse = schema(contract.response);
    t.ok(contract.examples.length > 0, 'has an example');
    for (const example of contract.examples) {
      t.ok(validateRequest(example.request), 'request is valid', { errors: validateRequest.errors });
      t.ok(validateResponse(example.response), 'response is valid', { errors: validateResponse.errors });
      for (const change of (example.request as { changes?: Change[] }).changes ?? []) {
        const validate = schema(contract.entities?.[change.entity]?.schema ?? `entity ${change.entity}`);
        if (change.data)
          t.ok(validate(change.data), 'data of the change is valid', { errors: validate.errors });
      }
    }
  });
}
