/** The schemas of the routes of the caller's own view. */
import { granted } from '../circumstances/circumstances.ts';
import type { Json } from '../operation/json.ts';
import { named, pascalCase } from '../operation/named.ts';
import type { RouteSchema } from '../operation/route-schema.ts';
import { json, object } from '../operation/shapes.ts';

const string: Json = { type: 'string' };
const strings: Json = { type: 'array', items: string };
const text: Json = named('Text', object({ vi: string, en: string }));
const contact: Json = named('Contact', object({}, { unit: text, email: string, phone: string, url: string }));
const count: Json = { type: 'integer', minimum: 0 };

const terms: Json = named(
  'AgreementTerms',
  object(
    {
      agreement: { type: 'string', description: 'Its number' },
      title: text,
      standing: { enum: ['in_force', 'not_yet_valid', 'expired'] },
      validFrom: { type: 'string', format: 'date', description: 'First day, Vietnam’s time' },
      validUntil: { type: 'string', format: 'date', description: 'Last day, Vietnam’s time' },
      purposes: { ...strings, description: `What ${granted.header} may say` },
      legalBasis: strings,
      requiredHeaders: strings,
      fields: object({ disclosed: strings, withheld: strings }),
    },
    {
      scope: {
        type: 'object',
        description: 'Rows: allowed values by dimension',
        additionalProperties: strings,
      },
      refusedCriteria: { ...strings, description: 'Request properties that may not be used' },
      rate: object({ perSecond: { type: 'number' }, burst: { type: 'integer' } }),
      quota: object(
        {},
        { perDay: count, perMonth: count, remaining: object({}, { day: count, month: count }) },
      ),
    },
  ),
);

const permission = {
  allowed: { type: 'boolean' },
  agreements: { type: 'array', items: terms },
};

const refusal = {
  reason: { enum: ['no_agreement', 'agreement_expired', 'agreement_not_yet_valid'] },
  howToAsk: named(
    'HowToAsk',
    object({
      agencies: {
        type: 'array',
        items: named('AgencyToAsk', object({ code: string, name: text }, { contact })),
      },
      legalBasis: strings,
      text,
    }),
  ),
};

const services = named(
  'OwnServices',
  object({
    services: {
      type: 'array',
      items: named(
        'OwnService',
        object(
          {
            service: { type: 'string', description: 'The scope of a token for it' },
            version: { type: 'integer' },
            registry: string,
            kind: { enum: ['read', 'publish', 'write'] },
            title: text,
            description: text,
            method: { enum: ['GET', 'POST'] },
            path: string,
            ...permission,
          },
          refusal,
        ),
      ),
    },
    streams: {
      type: 'array',
      items: named(
        'OwnStream',
        object(
          {
            stream: { type: 'string', description: 'The scope of a token for it' },
            registry: string,
            entity: string,
            ...permission,
          },
          refusal,
        ),
      ),
    },
  }),
);

const agencies = named(
  'AgencyDirectory',
  object({
    agencies: {
      type: 'array',
      items: named(
        'Agency',
        object(
          {
            code: string,
            name: text,
            systems: { type: 'array', items: named('AgencySystem', object({ id: string, name: text })) },
            registries: { ...strings, description: 'Registries that the agency holds' },
          },
          { contact },
        ),
      ),
    },
  }),
);

export const ownServicesSchema = schemaOf(
  'catalog.services.v1',
  'What may this system use?',
  'Services and change streams that agreements name, with fields, purposes, headers and the rest of each quota; for the others, the reason and whom to ask.',
  services,
);

export const agenciesSchema = schemaOf(
  'catalog.agencies.v1',
  'Who takes part?',
  'Agencies, their systems, and the registries that they hold.',
  agencies,
);

function schemaOf(operationId: string, summary: string, description: string, data: Json): RouteSchema {
  return {
    ...{ operationId, tags: ['catalog'], summary, description },
    // Any token is accepted, whatever its scope.
    scopes: [],
    takes: 'common',
    response: {
      200: {
        description: 'As the catalogue says at this moment',
        ...json(
          named(
            `${pascalCase(operationId)}Answer`,
            object({
              data,
              meta: named(
                'CatalogMeta',
                object({
                  requestId: { type: 'string', format: 'uuid' },
                  catalogue: { type: 'string', description: 'Names the catalogue' },
                }),
              ),
            }),
          ),
        ),
      },
    },
    refusals: 'directory',
  };
}
