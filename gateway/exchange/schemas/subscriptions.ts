/** The schemas of the routes of webhook subscriptions. */
import type { Json } from '../../operation/json.ts';
import { named } from '../../operation/named.ts';
import type { DescribedAnswer, RequestHeaders, RouteSchema } from '../../operation/route-schema.ts';
import { json, object } from '../../operation/shapes.ts';
import { subscriptionRequestSchema, subscriptionSchema } from './subscription.ts';

export type SubscriptionRoute = 'create' | 'list' | 'get' | 'delete' | 'pause' | 'resume';

const subscription = named('Subscription', subscriptionSchema);

/** @param scopes of the change streams that there are to subscribe to */
export function subscriptionSchemas(
  scopes: readonly string[],
): Readonly<Record<SubscriptionRoute, RouteSchema>> {
  const common = (name: SubscriptionRoute, summary: string, description: string) => ({
    ...{ operationId: `subscriptions.${name}.v1`, tags: ['changes'], summary, description, scopes },
  });
  const one = (
    name: SubscriptionRoute,
    summary: string,
    description: string,
    takes: RequestHeaders = 'signed',
  ): RouteSchema => ({
    ...common(name, summary, description),
    ...{ params: { type: 'object', required: ['id'], properties: { id } }, takes },
    response: { 200: answer('SubscriptionAnswer', 'The subscription', subscription) },
    refusals: 'subscription',
  });
  return {
    create: {
      ...common(
        'create',
        'Subscribe to changes at an address of your own',
        'Asks the endpoint by a signed challenge, which it must give back; then delivers the changes that the agreement grants.',
      ),
      takes: 'agreement',
      body: json(named('SubscriptionRequest', subscriptionRequestSchema)),
      response: { 201: answer('SubscriptionAnswer', 'Made', subscription) },
      refusals: 'subscribe',
    },
    list: {
      ...common('list', 'List your subscriptions', 'Those of the calling system, newest first.'),
      takes: 'common',
      response: {
        200: answer('SubscriptionsAnswer', 'The subscriptions', {
          ...{ type: 'array', maxItems: 1000, items: subscription },
        }),
      },
      refusals: 'directory',
    },
    get: one(
      'get',
      'See how a subscription fares',
      'Where it stands, and whether its endpoint takes what it gets.',
      'common',
    ),
    delete: one('delete', 'End a subscription', 'For good.'),
    pause: one(
      'pause',
      'Pause a subscription',
      'What changes meanwhile waits, as long as the gateway keeps it.',
    ),
    resume: one('resume', 'Resume a subscription', 'Goes on where it was paused.'),
  };
}

const id: Json = { type: 'string', format: 'uuid', description: 'The subscription' };

/** @param name of the schema of its body */
function answer(name: string, description: string, data: Json): DescribedAnswer {
  const meta = named('RequestMeta', object({ requestId: { type: 'string', format: 'uuid' } }));
  return { description, signed: true, ...json(named(name, object({ data, meta }))) };
}
