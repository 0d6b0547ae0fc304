/** Reads server-sent events as they arrive (WHATWG HTML, 9.2.6). */

export interface ServerSentEvent {
  /** `message` when the stream names none; `''` for an event with an id only. */
  readonly type: string;
  readonly data: string;
  /** The last id so far, from which a reader continues. */
  readonly lastEventId: string;
}

/** @throws the error that cuts the stream off */
export async function* serverSentEvents(body: AsyncIterable<Uint8Array>): AsyncGenerator<ServerSentEvent> {
  const decoder = new TextDecoder();
  let rest = '';
  let type = '';
  let data: string[] = [];
  let lastEventId = '';
  for await (const bytes of body) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop()!;
    for (const line of lines) {
      if (line === '') {
        yield { type: data.length > 0 ? type || 'message' : '', data: data.join('\n'), lastEventId };
        type = '';
        data = [];
        continue;
      }
      const [, name, value = ''] = /^([^:]*):? ?(.*)$/.exec(line) ?? [];
      if (name === 'event') type = value;
      else if (name === 'data') data.push(value);
      else if (name === 'id') lastEventId = value;
    }
  }
}
