/**
 * A webhook: an endpoint on this machine that takes deliveries, and is no better than endpoints are. Now and then it has
 * no time (503), or takes a delivery and is cut off before it can say so, which makes the gateway send it again.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { TestAgreement } from '../agreements.ts';
import { deliveryOf, type StructuredEvent } from './feed.ts';
import type { Subscriber, Surroundings } from './subscriber.ts';

/** One delivery in so many. */
const NO_TIME = 150;
const CUT_OFF = 80;

export function webhookSubscriber(agreement: TestAgreement): Subscriber {
  return {
    name: `webhook, ${agreement.agreement}`,
    agreement,
    async follow(around, take) {
      let deliveries = 0;
      const server = createServer(async (request, response) => {
        const body = await text(request);
        if (request.headers['content-type'] !== 'application/cloudevents-batch+json') {
          return agree(response, body);
        }
        deliveries += 1;
        if (deliveries % NO_TIME === 0) return response.writeHead(503, { 'retry-after': '1' }).end();
        for (const event of JSON.parse(body) as StructuredEvent[]) take(deliveryOf(event));
        if (deliveries % CUT_OFF === 0) return response.destroy();
        response.writeHead(204).end();
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      await subscribe(around, agreement, `http://127.0.0.1:${port}/changes`);
      return async () => {
        if (!server.listening) return;
        server.close();
        server.closeAllConnections();
        await once(server, 'close');
      };
    },
  };
}

async function subscribe(
  { url, client }: Surroundings,
  { consumer }: TestAgreement,
  endpoint: string,
): Promise<void> {
  const authorization = `Bearer ${await (await client(consumer)).token()}`;
  for (let attempt = 1; ; attempt++) {
    const answer = await fetch(`${url}/v1/subscriptions`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify({ url: endpoint, registry: 'business' }),
    });
    const said = await answer.text();
    if (answer.status === 201) return;
    if (attempt === 5) throw new Error(`the subscription was answered ${answer.status}: ${said}`);
    await wait(500);
  }
}

/** The gateway asks whether this endpoint wants what was subscribed to in its name. */
function agree(response: ServerResponse, body: string): void {
  const { challenge } = JSON.parse(body) as { challenge: string };
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ challenge }));
}

async function text(request: IncomingMessage): Promise<string> {
  request.setEncoding('utf8');
  let body = '';
  for await (const part of request) body += part;
  return body;
}
