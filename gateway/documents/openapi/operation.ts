/** A route of the platform as an operation of the document: its own schema, and the parts that all routes share. */
import type { Json } from '../../operation/json.ts';
import type {
  DescribedAnswer,
  Parameters,
  RequestHeaders,
  RouteSchema,
} from '../../operation/route-schema.ts';
import { commonParameters, declarations, signatureHeaders, signedParameters } from '../schemas/components.ts';
import { refusalsOf } from './responses.ts';

const taken: Readonly<Record<RequestHeaders, readonly Json[]>> = {
  common: commonParameters,
  signed: signedParameters,
  agreement: declarations,
};

export function operationOf(schema: RouteSchema): Json {
  const { operationId, tags, summary, description, scopes, body, response, refusals, takes } = schema;
  const parameters = [
    ...parametersOf('path', schema.params),
    ...parametersOf('query', schema.querystring),
    ...parametersOf('header', schema.headers),
    ...(takes ? taken[takes] : []),
  ];
  return {
    ...{ operationId, tags, summary, description },
    security: scopes ? securityOf(scopes) : [],
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: { required: true, ...body } }),
    responses: {
      ...Object.fromEntries(Object.entries(response).map(([status, answer]) => [status, answerOf(answer)])),
      ...refusalsOf(refusals),
    },
  };
}

function securityOf(scopes: readonly string[]): Json[] {
  return scopes.length > 0 ? scopes.map((scope) => ({ oauth2: [scope] })) : [{ oauth2: [] }];
}

function parametersOf(place: 'path' | 'query' | 'header', parameters: Parameters | undefined): Json[] {
  const { properties = {}, required = [] } = parameters ?? {};
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    ...{ name, in: place, description },
    ...(required.includes(name) && { required: true }),
    schema,
  }));
}

function answerOf({ signed = false, headers, ...answer }: DescribedAnswer): Json {
  if (!signed && !headers) return answer;
  return { ...answer, headers: { ...headers, ...(signed && signatureHeaders) } };
}
