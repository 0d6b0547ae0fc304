/** A reader of server-sent events, by the rules of WHATWG HTML, 9.2.6, on a connection of its own. */
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';

export interface Message {
  /** `message` when the stream names none. */
  readonly event: string;
  /** The last id so far, as an EventSource would send it when it comes back. */
  readonly lastEventId: string;
  readonly data: string;
}

export interface EventStream {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  /** All messages so far. */
  readonly messages: Message[];
  /** Comments so far, without the colon. */
  readonly comments: string[];
  lastEventId: string;
  retry: number | undefined;
  /** Everything that came, as it came. */
  text: string;
  /** Resolves when the answer has ended or was cut off; `whole`: ended as HTTP ends an answer. */
  readonly ended: Promise<{ readonly whole: boolean }>;
  /** Reads nothing more until `resume`. */
  pause(): void;
  resume(): void;
  /** Closes the connection in the middle. */
  cut(): void;
}

/** Resolves when the headers of the answer are there. */
export async function openEventStream(
  url: string,
  headers: Readonly<Record<string, string>>,
): Promise<EventStream> {
  const request = httpRequest(url, { agent: false, headers: { accept: 'text/event-stream', ...headers } });
  request.end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const ended = Promise.withResolvers<{ readonly whole: boolean }>();
  const stream: EventStream = {
    status: response.statusCode ?? 0,
    headers: response.headers,
    messages: [],
    comments: [],
    lastEventId: '',
    retry: undefined,
    text: '',
    ended: ended.promise,
    pause: () => response.pause(),
    resume: () => response.resume(),
    cut: () => request.destroy(),
  };
  const read = readerInto(stream);
  response.setEncoding('utf8');
  response.on('data', (text: string) => {
    stream.text += text;
    read(text);
  });
  response.on('error', () => {});
  request.on('error', () => {});
  response.once('close', () => ended.resolve({ whole: response.complete }));
  return stream;
}

function readerInto(stream: EventStream): (text: string) => void {
  let rest = '';
  let event = '';
  let data: string[] = [];
  let id = '';
  const fields: Readonly<Record<string, (value: string) => void>> = {
    event: (value) => {
      event = value;
    },
    data: (value) => data.push(value),
    id: (value) => {
      if (!value.includes('\0')) id = value;
    },
    retry: (value) => {
      if (/^\d+$/.test(value)) stream.retry = Number(value);
    },
  };
  const dispatch = () => {
    stream.lastEventId = id;
    if (data.length > 0)
      stream.messages.push({ event: event || 'message', lastEventId: id, data: data.join('\n') });
    event = '';
    data = [];
  };
  const readLine = (line: string) => {
    if (line === '') return dispatch();
    const colon = line.indexOf(':');
    if (colon === 0) return void stream.comments.push(line.slice(1));
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    fields[name]?.(value);
  };
  return (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    for (const line of lines) readLine(line);
  };
}
