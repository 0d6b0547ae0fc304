/**
 * Reads HTTP/1.1 messages (RFC 9112) off a connection, as few instructions as it takes: enough for a load generator
 * and an answering machine that speak to well-behaved peers, and nothing else. A body has a Content-Length or is empty.
 */
const HEAD_END = Buffer.from('\r\n\r\n');
const CONTENT_LENGTH = /\r\ncontent-length: *(\d+)/i;
const CHUNKED = /\r\ntransfer-encoding:/i;

export class MessageReader {
  readonly #onMessage: (head: string, body: Buffer) => void;
  #pending: Buffer | undefined;

  /** @param onMessage start line and header lines; the body, valid until it returns */
  constructor(onMessage: (head: string, body: Buffer) => void) {
    this.#onMessage = onMessage;
  }

  /** @throws Error for a message that does not state its length */
  push(chunk: Buffer): void {
    let bytes = chunk;
    if (this.#pending) {
      bytes = Buffer.concat([this.#pending, chunk]);
      this.#pending = undefined;
    }
    let at = 0;
    while (at < bytes.length) {
      const headEnd = bytes.indexOf(HEAD_END, at);
      if (headEnd < 0) break;
      const head = bytes.toString('latin1', at, headEnd);
      const length = CONTENT_LENGTH.exec(head);
      if (!length && CHUNKED.test(head)) throw new Error('the message has no Content-Length');
      const start = headEnd + HEAD_END.length;
      const end = start + (length ? Number(length[1]) : 0);
      if (end > bytes.length) break;
      this.#onMessage(head, bytes.subarray(start, end));
      at = end;
    }
    if (at < bytes.length) this.#pending = at === 0 ? bytes : bytes.subarray(at);
  }
}
