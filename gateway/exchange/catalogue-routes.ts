/** The routes of the agencies' port that take a flow (`routes.ts`), for the catalogue of the moment. */
import type { FastifyReply, FastifyRequest, HTTPMethods, RouteOptions } from 'fastify';
import type { Catalog, Service, StreamEntity } from '../catalog/catalog.ts';
import { scopeOf } from '../catalog/grant/stream-scopes.ts';
import type { Webhooks } from '../changes/sinks/webhooks/webhooks.ts';
import { directoryViews } from '../directory/views.ts';
import type { RouteSchema } from '../operation/route-schema.ts';
import { ROUTE_DEADLINE } from '../problems/in-time.ts';
import { preferredType } from '../wire/media-type.ts';
import type { Call, OfChange } from './call.ts';
import { afterBody, beforeBody, type Flow } from './flow.ts';
import { type ExchangeParts, FLOWS, type Kind, type Kinds, type Parts } from './routes.ts';
import { digestSchema } from './schemas/digest.ts';
import { feedSchema } from './schemas/feed.ts';
import { snapshotSchema } from './schemas/snapshot.ts';
import { subscriptionSchemas } from './schemas/subscriptions.ts';
import { EVENT_STREAM } from './streams/stream-feed.ts';

interface RouteOf<K extends Kind> {
  readonly method: HTTPMethods;
  readonly url: string;
  readonly kind: K | ((call: Call) => K);
  /** Key of the service, scope of the change stream, or a fixed word. */
  readonly service: string;
  /** For a route without a contract. */
  readonly schema?: RouteSchema | undefined;
  readonly deadline?: number;
  readonly knows: Kinds[K];
  readonly bodyLimit?: number;
  readonly passFaults?: boolean;
}

export function exchangeRoutes(parts: ExchangeParts): RouteOptions[] {
  const { catalog, changes } = parts;
  const entities = [...catalog.streams.values()].flatMap((stream) => [...stream.entities.values()]);
  // Routes of subscriptions are there only with webhooks.
  const tools: Parts = { ...parts, webhooks: changes.webhooks! };
  const make = <K extends Kind>(route: RouteOf<K>) => routeOf(tools, route);
  return [
    ...[...catalog.services.values()].map((service) => make(ofService(service))),
    make(ofFeed(catalog)),
    ...(changes.webhooks ? ofSubscriptions(catalog).map(make) : []),
    ...entities.flatMap((entity) => [make(ofCopy(entity, 'snapshot')), make(ofCopy(entity, 'digest'))]),
    ...directoryViews(parts).map(({ url, service, schema, rate, view }) =>
      make({ method: 'GET', url, kind: 'directory', service, schema, knows: { rate, view } }),
    ),
  ];
}

function routeOf<K extends Kind>(parts: Parts, route: RouteOf<K>): RouteOptions {
  const {
    method,
    url,
    kind,
    service,
    schema,
    deadline = ROUTE_DEADLINE,
    knows,
    bodyLimit,
    passFaults,
  } = route;
  const flow = (call: Call) => FLOWS[typeof kind === 'function' ? kind(call) : kind] as Flow<Parts>;
  const begin = (request: FastifyRequest, reply: FastifyReply): Call => ({
    request,
    reply,
    service,
    deadline,
    headers: {},
    ...(knows as object),
  });
  return {
    ...{ method, url, ...(bodyLimit && { bodyLimit }), ...(schema && { schema }) },
    config: {
      service,
      deadline,
      ...(passFaults && { passFaults }),
    },
    onRequest: beforeBody(flow, parts, begin),
    handler: afterBody(flow, parts),
  };
}

/** The route of a service: its contract says what kind it is. */
function ofService(contract: Service): RouteOf<'read' | 'write' | 'publish'> {
  const { method, route: url, kind, key: service, deadline, bodyLimit } = contract;
  // A batch may be published in part: whose text it is decides.
  return {
    method,
    url,
    kind,
    service,
    deadline,
    bodyLimit,
    knows: { contract },
    passFaults: kind === 'publish',
  };
}

function ofFeed({ streams }: Catalog): RouteOf<'feed' | 'follow'> {
  const registries = [...streams.values()].map(({ registry }) => registry);
  return {
    method: 'GET',
    url: '/v1/changes/:registry',
    kind: ({ request }) =>
      preferredType(request.headers.accept, 'application/json', EVENT_STREAM) === EVENT_STREAM
        ? 'follow'
        : 'feed',
    service: 'changes.read',
    // Where no registry has changes, there is nothing to document.
    schema: streams.size > 0 ? feedSchema(registries, [...streams.keys()]) : undefined,
    knows: undefined,
  };
}

/** Milliseconds until the answer begins: a digest is waited for, when it is being computed. */
const COPY_DEADLINES = { snapshot: ROUTE_DEADLINE, digest: 15_000 };

const COPY_SCHEMAS = { snapshot: snapshotSchema, digest: digestSchema };

/** `GET /v1/{registry}/snapshot/{entity}` and `GET /v1/{registry}/digest/{entity}`: each has a scope of its own. */
function ofCopy<U extends 'snapshot' | 'digest'>(entity: StreamEntity, use: U): RouteOf<U> {
  const { registry, name } = entity;
  return {
    ...{ method: 'GET', url: `/v1/${registry}/${use}/${name}`, kind: use },
    ...{ service: scopeOf(registry, use), deadline: COPY_DEADLINES[use] },
    schema: COPY_SCHEMAS[use](entity),
    knows: { registry, use, entity } as Kinds[U],
  };
}

/** For each system: a new subscription sends a request to an address of the caller's choice. */
const SUBSCRIPTION_RATE = { name: 'subscriptions', perSecond: 5, burst: 50 };

/** Milliseconds until a new subscription is answered at the latest: those of a route, and those of the endpoint that is asked. */
export const creationDeadline = ({ answerTime }: Pick<Webhooks, 'answerTime'>): number =>
  ROUTE_DEADLINE + answerTime;

/**
 * `/v1/subscriptions`: made under an agreement, as a feed is read under one. The registry, and with it the agreement, is named in
 * the body, so that `authoriseReader` comes after a body that is small. A subscription belongs to the system that made it.
 */
function ofSubscriptions({ streams }: Catalog): RouteOf<Kind>[] {
  const schemas = streams.size > 0 ? subscriptionSchemas([...streams.keys()]) : undefined;
  const [rate, url] = [SUBSCRIPTION_RATE, '/v1/subscriptions'];
  const common = { service: 'subscriptions', bodyLimit: 8192 };
  const change = (
    method: HTTPMethods,
    path: string,
    schema: RouteSchema | undefined,
    to: OfChange['to'],
  ): RouteOf<'change'> => ({
    ...{ ...common, method, url: `${url}/:id${path}`, kind: 'change', schema, knows: { rate, to } },
  });
  return [
    {
      ...common,
      method: 'POST',
      url,
      kind: 'subscribe',
      schema: schemas?.create,
      knows: { rate },
    },
    { ...common, method: 'GET', url, kind: 'list', schema: schemas?.list, knows: { rate } },
    { ...common, method: 'GET', url: `${url}/:id`, kind: 'show', schema: schemas?.get, knows: { rate } },
    change('POST', '/pause', schemas?.pause, { state: 'paused' }),
    change('POST', '/resume', schemas?.resume, { state: 'active' }),
    change('DELETE', '', schemas?.delete, { state: 'ended', reason: 'deleted' }),
  ] as RouteOf<Kind>[];
}
