/**
 * Revocations: `GET`, `POST /admin/revocations`, `DELETE /admin/revocations/{id}`. The list has operators' decisions
 * (`?all=true`: also lifted ones) or, with `?tokens=true`, the tokens that their own clients revoked.
 *
 * When a revocation is answered, it is durable and in force on this replica; every other replica applies it within two seconds. A
 * revocation and its evidence are committed together, and so is a lifting with its evidence: without evidence, neither
 * happens, and a repeated request performs both.
 */
import { randomUUIDv7 } from 'node:crypto';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { FastifyPluginAsync, FastifyRequest } from 'fastify';
import type { Catalog } from '../../catalog/catalog.ts';
import { normaliseAgencyCode } from '../../catalog/formats/agency-code.ts';
import { compileLazily } from '../../catalog/vocabulary/compile-lazily.ts';
import { addFormats } from '../../catalog/vocabulary/vocabulary.ts';
import { decidedBy, undeclared } from '../../circumstances/recorded-circumstances.ts';
import type { EvidenceEntry, EvidenceLog } from '../../evidence/evidence.ts';
import { texts, wrong } from '../../exchange/input/input.ts';
import {
  type RecordRevocation,
  type Revocations,
  type Revoked,
  revocableKinds,
} from '../../identity/revocations.ts';
import { Problem } from '../../problems/problem.ts';
import { checks } from '../../problems/sentences/checks.ts';
import { violationsOf } from '../../problems/violations.ts';
import type { JsonBody } from '../../wire/json-body.ts';
import { parseBoolean } from '../../wire/json-scalars.ts';
import { operatorOf } from './admin.ts';

interface RevocationParts {
  readonly revocations: Revocations;
  readonly catalog: () => Catalog;
  readonly evidence: Pick<EvidenceLog, 'appendIn'>;
}

interface Decision {
  /** The person or office that decided, for the record. */
  readonly by: string;
  readonly reason: string;
}

const decision = {
  by: { type: 'string', minLength: 1, maxLength: 200 },
  reason: { type: 'string', minLength: 1, maxLength: 2000 },
};
const revocationSchema = {
  type: 'object',
  required: ['kind', 'value', 'by', 'reason'],
  additionalProperties: false,
  properties: {
    kind: { type: 'string', enum: revocableKinds },
    value: { type: 'string', minLength: 1, maxLength: 200 },
    ...decision,
  },
  allOf: [
    {
      if: { properties: { kind: { const: 'agency' } } },
      // biome-ignore lint/suspicious/noThenProperty: the keyword of JSON Schema
      then: { properties: { value: { type: 'string', format: 'agency-code' } } },
    },
    {
      if: { properties: { kind: { const: 'key' } } },
      // biome-ignore lint/suspicious/noThenProperty: the keyword of JSON Schema
      then: { properties: { value: { type: 'string', pattern: '^[A-Za-z0-9_-]{43}$' } } },
    },
  ],
};
const decisionSchema = {
  type: 'object',
  required: ['by', 'reason'],
  additionalProperties: false,
  properties: decision,
};
const isRevocation = compileLazily<Revoked & Decision>(() => createAjv().compile(revocationSchema));
const isDecision = compileLazily<Decision>(() => createAjv().compile(decisionSchema));

function createAjv(): Ajv2020 {
  const ajv = new Ajv2020({ strict: true, strictRequired: false, allErrors: true });
  addFormats(ajv);
  return ajv;
}

export function revocationRoutes({ revocations, catalog, evidence }: RevocationParts): FastifyPluginAsync {
  const recordOf =
    (request: FastifyRequest, service: string, status: number): RecordRevocation =>
    async (client, revoked) => {
      const entry: EvidenceEntry = {
        requestId: randomUUIDv7(),
        kind: 'revocation',
        ...concerned(revoked, catalog()),
        ...undeclared,
        ...decidedBy(operatorOf(request)),
        legalBasis: [],
        service,
        subjects: [],
        fields: undefined,
        status,
        code: undefined,
        reason: revoked.kind,
        request: bodyOf(request).bytes,
        response: undefined,
      };
      try {
        return await evidence.appendIn(client, [entry]);
      } catch (cause) {
        throw new Problem('evidence_unavailable', { retryAfter: 1, cause });
      }
    };

  return async (app) => {
    app.get('/revocations', async (request) => {
      const given = texts(request, ['all', 'tokens']);
      const [all, tokens] = [flagOf(given, 'all'), flagOf(given, 'tokens')];
      return { data: await revocations.list({ all, tokens }) };
    });

    app.post('/revocations', async (request, reply) => {
      const { value: body } = bodyOf(request);
      if (!isRevocation(body)) {
        throw new Problem('contract_violation', { errors: violationsOf(isRevocation.errors) });
      }
      const { kind, by, reason } = body;
      const value = kind === 'agency' ? normaliseAgencyCode(body.value) : body.value;
      requireKnown({ kind, value }, catalog());
      const record = recordOf(request, 'admin.revocations.revoke', 201);
      const { revocation, isNew } = await revocations.revoke({ kind, value }, { by, reason }, record);
      return reply.code(isNew ? 201 : 200).send(revocation);
    });

    app.delete<{ Params: { id: string } }>('/revocations/:id', async (request) => {
      const id = /^\d{1,15}$/.test(request.params.id) ? Number(request.params.id) : Number.NaN;
      const { value: body } = bodyOf(request);
      if (!isDecision(body)) {
        throw new Problem('contract_violation', { errors: violationsOf(isDecision.errors) });
      }
      if (Number.isNaN(id)) throw new Problem('not_found');
      const record = recordOf(request, 'admin.revocations.lift', 200);
      const lifted = await revocations.lift(id, body, record);
      if (!lifted) throw new Problem('not_found');
      return lifted;
    });
  };
}

function flagOf(given: Readonly<Record<string, string>>, name: 'all' | 'tokens'): boolean {
  const flag = parseBoolean(given[name] ?? 'false');
  if (flag === undefined) throw wrong(name, checks.trueOrFalse);
  return flag;
}

function bodyOf(request: FastifyRequest): JsonBody {
  if (request.body === undefined) throw new Problem('malformed_json');
  return request.body as JsonBody;
}

/**
 * Refuses a target that the catalogue does not know: a typing error would leave the real target in force. Keys and tokens are
 * listed nowhere.
 */
function requireKnown({ kind, value }: Revoked, { agencies, systems, agreements }: Catalog): void {
  const lists = {
    agency: agencies,
    system: systems,
    agreement: agreements,
    key: undefined,
    token: undefined,
  };
  if (lists[kind]?.has(value) === false) {
    throw new Problem('contract_violation', {
      errors: [{ pointer: '/value', ...checks.notOfCatalogue(kind) }],
    });
  }
}

/** The agency, system or agreement that a revocation concerns, as far as it is known. */
function concerned({ kind, value }: Revoked, { systems, agreements }: Catalog) {
  const consumer = kind === 'agreement' ? agreements.get(value)?.consumer : undefined;
  const system = kind === 'system' ? value : (consumer ?? '');
  return {
    agency: kind === 'agency' ? value : (systems.get(system)?.agency.code ?? consumer ?? ''),
    system: systems.has(system) ? system : '',
    keyThumbprint: kind === 'key' ? value : undefined,
    tokenId: kind === 'token' ? value : undefined,
    agreement: kind === 'agreement' ? value : undefined,
  };
}
