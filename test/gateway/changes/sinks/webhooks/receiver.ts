/** An endpoint of a subscriber, on a port of its own, that answers as a test wants. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Received } from '../../../../../gateway/client/verify-response.ts';
import { fieldsOf, type RequestMessage } from '../../../../../gateway/signatures/format/message.ts';

export interface ReceivedEvent {
  readonly specversion: string;
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  readonly sequence: string;
  readonly entityversion: string;
  readonly agreement: string;
  readonly data: { version: number; operation: string; changedFields: string[]; state?: object };
}

export interface ReceivedDelivery extends Received<RequestMessage> {
  readonly subscription: string;
  readonly contentType: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly events: readonly ReceivedEvent[];
}

type Answer = (response: ServerResponse, delivery: ReceivedDelivery) => unknown;

export interface Receiver {
  readonly url: string;
  /** All that was sent, whatever was answered. */
  readonly deliveries: ReceivedDelivery[];
  /** Events of the deliveries that were answered by 2xx, in order. */
  readonly events: ReceivedEvent[];
  readonly challenges: ReceivedDelivery[];
  /** How deliveries are answered; 204 to begin with. */
  answer: Answer;
  /** How challenges are; given back to begin with. */
  answerChallenge: Answer;
  /** Other requests. */
  readonly strays: string[];
}

interface Hooks {
  teardown(end: () => unknown): void;
}

export const status =
  (code: number, headers: Record<string, string> = {}): Answer =>
  (response) =>
    response.writeHead(code, headers).end();

export async function startReceiver(t: Hooks): Promise<Receiver> {
  const server = createServer(async (request, response) => {
    if (request.url !== '/hook?for=changes') {
      receiver.strays.push(`${request.method} ${request.url}`);
      return response.writeHead(404).end();
    }
    const delivery = await read(request, receiver.url);
    if (delivery.contentType === 'application/json') {
      receiver.challenges.push(delivery);
      return receiver.answerChallenge(response, delivery);
    }
    receiver.deliveries.push(delivery);
    // Before the sender can know, as a good receiver does it.
    response.once('finish', () => {
      if (response.statusCode >= 200 && response.statusCode < 300) receiver.events.push(...delivery.events);
    });
    return receiver.answer(response, delivery);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  t.teardown(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  const receiver: Receiver = {
    url: `http://127.0.0.1:${port}/hook?for=changes`,
    deliveries: [],
    events: [],
    challenges: [],
    strays: [],
    answer: status(204),
    answerChallenge: (response, { content }) => {
      const { challenge } = JSON.parse(content.toString());
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ challenge }));
    },
  };
  return receiver;
}

async function read(request: IncomingMessage, url: string): Promise<ReceivedDelivery> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const content = Buffer.concat(chunks);
  const contentType = request.headers['content-type'] ?? '';
  return {
    message: {
      method: request.method!,
      targetUri: url,
      requestTarget: request.url!,
      fields: fieldsOf(request.rawHeaders),
    },
    content,
    contentType,
    subscription: String(request.headers['lienthong-subscription']),
    at: Date.now(),
    events: contentType === 'application/cloudevents-batch+json' ? JSON.parse(content.toString()) : [],
  };
}
