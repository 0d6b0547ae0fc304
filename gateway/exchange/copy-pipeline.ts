/**
 * The part of the request flow that copies have of their own: how they are started (`snapshot`) and checked (`digest`).
 * Both are good for whoever may follow the changes, by a scope of their own.
 */
import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import type { StreamEntity, StreamGrant } from '../catalog/catalog.ts';
import { type StreamUse, scopeOf } from '../catalog/grant/stream-scopes.ts';
import type { CopyQuestion } from '../copies/copies.ts';
import { answerBy, ROUTE_DEADLINE } from '../problems/in-time.ts';
import { Problem } from '../problems/problem.ts';
import { whenOver } from '../wire/caller-left.ts';
import { digestQuery, snapshotQuery } from './input/input.ts';
import { AFTER, namingCursor } from './input/name-cursor.ts';
import { type ExchangeParts, enter, holdContent, JSON_TYPE, send } from './pipeline.ts';
import { authoriseStream, type StreamAuthorisation } from './steps/authorise.ts';
import { disclose } from './steps/disclose.ts';
import { respondDigest, respondPending } from './steps/respond.ts';
import { signAnswer } from './steps/sign-answer.ts';
import { NDJSON, snapshotLines } from './streams/snapshot-lines.ts';
import { openStream, startStream } from './streams/stream.ts';

type Use = Exclude<StreamUse, 'changes'>;

/** Milliseconds until the answer begins: a digest is waited for, when it is being computed. */
const deadlines: Readonly<Record<Use, number>> = { snapshot: ROUTE_DEADLINE, digest: 15_000 };

const handlers = { snapshot: sendSnapshot, digest: sendDigest } satisfies Record<Use, unknown>;

/** `GET /v1/{registry}/snapshot/{entity}` and `GET /v1/{registry}/digest/{entity}`. */
export function copyRoutes(parts: ExchangeParts): RouteOptions[] {
  const entities = [...parts.catalog.streams.values()].flatMap((stream) => [...stream.entities.values()]);
  return entities.flatMap((entity) => [
    copyRoute(parts, entity, 'snapshot'),
    copyRoute(parts, entity, 'digest'),
  ]);
}

function copyRoute(parts: ExchangeParts, entity: StreamEntity, use: Use): RouteOptions {
  const { catalog, identity, revocations } = parts;
  const { registry, name } = entity;
  const service = scopeOf(registry, use);
  return {
    method: 'GET',
    url: `/v1/${registry}/${use}/${name}`,
    config: { service, deadline: deadlines[use] },
    onRequest: async (request, reply) => {
      const { progress } = request;
      progress.caller = await identity.authenticate(request);
      const authorisation = authoriseStream(
        catalog,
        progress.caller,
        registry,
        request.headers,
        Date.now(),
        revocations.agreements,
        use,
      );
      progress.declaration = authorisation;
      request.streamAuthorisation = authorisation;
      await enter(parts, request, reply, authorisation.agreement);
    },
    handler: (request, reply) => {
      const authorisation = request.streamAuthorisation!;
      holdContent(request, authorisation);
      return handlers[use](parts, request, reply, entity, authorisation);
    },
  };
}

async function sendSnapshot(
  parts: ExchangeParts,
  request: FastifyRequest,
  reply: FastifyReply,
  { registry, name }: StreamEntity,
): Promise<FastifyReply> {
  const { copies, revocations } = parts;
  const { after, ranges } = snapshotQuery(request);
  // Nobody reads what a HEAD would begin.
  if (request.method === 'HEAD') return reply.type(NDJSON).send();
  const { caller } = request.progress;
  const stream = openStream(parts, request, (catalog) =>
    authoriseStream(
      catalog,
      caller!,
      registry,
      request.headers,
      Date.now(),
      revocations.agreements,
      'snapshot',
    ),
  );
  try {
    const asked = copies.snapshot(questionOf(request, name, stream.granted), after, ranges);
    const snapshot = await namingCursor(AFTER, asked);
    whenOver(reply.raw, snapshot.close);
    return startStream(parts, request, reply, stream, snapshotLines(snapshot, name));
  } catch (error) {
    stream.close();
    throw error;
  }
}

async function sendDigest(
  parts: ExchangeParts,
  request: FastifyRequest,
  reply: FastifyReply,
  { registry, name }: StreamEntity,
  authorisation: StreamAuthorisation,
): Promise<FastifyReply> {
  const { copies, evidence } = parts;
  const { at, ranges } = digestQuery(request);
  const question = questionOf(request, name, authorisation);
  const digest = await copies.digest(question, at);
  const meta = { requestId: request.id, agreement: authorisation.agreement.number };
  if (digest.state === 'computing') {
    const place = `${parts.publicUrl}/v1/${registry}/digest/${name}?at=${digest.id}`;
    reply.headers({ location: place, 'retry-after': '1' });
    return send(reply, 202, respondPending(digest, meta), undefined);
  }
  const body = respondDigest(
    digest,
    await copies.ranges(digest, ranges),
    copies.cursorAt(authorisation.grants, digest.position),
    meta,
  );
  const signed = signAnswer(parts.signatures, parts.publicUrl, request, {
    status: 200,
    contentType: JSON_TYPE,
    body,
  });
  // It names nobody; that it discloses versions and hashes of these fields is recorded.
  await disclose(
    evidence,
    request,
    authorisation,
    [
      {
        requestId: request.id,
        kind: 'disclosure',
        service: request.progress.service,
        subjects: [],
        fields: question.grant.fields,
        status: 200,
        code: undefined,
        request: request.progress.bytes,
        response: body,
        requestSignature: request.progress.signature,
        responseSignature: signed?.signature,
      },
    ],
    answerBy(request.progress),
  );
  return send(reply, 200, body, signed);
}

/** @throws Problem `no_agreement`: the agreement is about other entities of the registry */
function questionOf(
  request: FastifyRequest,
  entity: string,
  { grants, circumstances }: StreamAuthorisation,
): CopyQuestion {
  const { agency, system } = request.progress.caller!;
  return {
    grant: grantOf(grants, entity),
    grants,
    context: { requestId: request.id, agency, system, ...circumstances },
  };
}

function grantOf(grants: readonly StreamGrant[], entity: string): StreamGrant {
  const grant = grants.find((one) => one.entity.name === entity);
  if (grant) return grant;
  const { agreement } = grants[0]!;
  throw new Problem('no_agreement', { agreement: agreement.number, legalBasis: agreement.legalBasis });
}
