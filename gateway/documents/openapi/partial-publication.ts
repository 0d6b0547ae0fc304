/** `partial=true` of a publication: an outcome for each change. */
import type { Json } from '../../operation/json.ts';
import { named } from '../../operation/named.ts';

export const partialParameter: Json = {
  name: 'partial',
  in: 'query',
  required: false,
  description:
    'true: store the changes that are right, and say of each what became of it (207); false, as when it is absent: all or nothing',
  schema: { type: 'boolean', default: false },
};

const count = (description: string): Json => ({ type: 'integer', minimum: 0, maximum: 1000, description });

/** The body of a 207. */
export const partlyPublished: Json = named('PartlyPublished', {
  type: 'object',
  required: ['accepted', 'duplicates', 'refused', 'changes'],
  additionalProperties: false,
  properties: {
    accepted: count('Changes stored by this call'),
    duplicates: count('Changes that were stored already, with the same content'),
    refused: count('Changes that were not stored'),
    changes: {
      description: 'One outcome for each change, in the order of the batch',
      type: 'array',
      minItems: 1,
      maxItems: 1000,
      items: {
        type: 'object',
        required: ['index', 'status'],
        additionalProperties: false,
        properties: {
          index: { type: 'integer', minimum: 0, maximum: 999, description: 'In the batch, from 0' },
          status: {
            enum: [200, 201, 400, 409],
            description: '201 stored, 200 stored before, 400 and 409 refused',
          },
          code: { enum: ['contract_violation', 'change_conflict'], description: 'Why it was refused' },
          errors: {
            type: 'array',
            items: {
              type: 'object',
              required: ['pointer', 'detail'],
              additionalProperties: false,
              properties: {
                pointer: { type: 'string', description: 'JSON Pointer into the batch: /changes/17/data/sex' },
                detail: { type: 'string' },
              },
            },
          },
        },
      },
    },
  },
});

export const partlyPublishedExample: Json = {
  accepted: 1,
  duplicates: 0,
  refused: 1,
  changes: [
    { index: 0, status: 201 },
    {
      index: 1,
      status: 400,
      code: 'contract_violation',
      errors: [{ pointer: '/changes/1/data/name', detail: 'is required' }],
    },
  ],
};
