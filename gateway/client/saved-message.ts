/**
 * HTTP/1.1 messages in files, as `curl -i` and `lienthong call --save` write them (RFC 9112): a start line, fields, an
 * empty line, and the content without transfer coding. Lines end by CRLF or LF.
 *
 * A signature does not cover the version: curl's `HTTP/2 200` is accepted too.
 */
import { fieldsOf, type RequestMessage, type ResponseMessage } from '../signatures/format/message.ts';

/** A file holds no such message; the error's message has the reason. */
export class UnreadableMessage extends Error {
  override readonly name = 'UnreadableMessage';
}

interface Saved<Message> {
  readonly message: Message;
  readonly content: Buffer;
}

/** The final response; skips interim ones (1xx). @throws UnreadableMessage */
export function readResponse(file: Buffer): Saved<ResponseMessage> {
  const { startLine, fields, content } = readMessage(file);
  const [, digits] = /^HTTP\/\d(?:\.\d)? (\d{3})(?: |$)/.exec(startLine) ?? [];
  if (!digits) throw new UnreadableMessage('the first line is not that of a response: HTTP/1.1 200 OK');
  const status = Number(digits);
  if (status >= 100 && status < 200) return readResponse(content);
  return { message: { status, fields: fieldsOf(fields) }, content };
}

/**
 * A request.
 * @param scheme of a target that is only a path; its authority is the Host field
 * @throws UnreadableMessage
 */
export function readRequest(file: Buffer, scheme = 'https'): Saved<RequestMessage> {
  const { startLine, fields: lines, content } = readMessage(file);
  const [, method, target] = /^([!#$%&'*+.^_`|~\w-]+) (\S+)(?: HTTP\/\d(?:\.\d)?)?$/.exec(startLine) ?? [];
  if (!method || !target) {
    throw new UnreadableMessage('the first line is not that of a request: GET https://… HTTP/1.1');
  }
  const fields = fieldsOf(lines);
  const targetUri = target.startsWith('/') ? `${scheme}://${fields('host')[0]}${target}` : target;
  if (!URL.canParse(targetUri))
    throw new UnreadableMessage('the request has neither a whole target nor Host');
  return { message: { method, targetUri, requestTarget: target, fields }, content };
}

interface Parts {
  readonly startLine: string;
  /** Names and values alternate. */
  readonly fields: readonly string[];
  readonly content: Buffer;
}

function readMessage(file: Buffer): Parts {
  const text = file.toString('latin1');
  const end = /\r?\n\r?\n/.exec(text);
  const [startLine = '', ...lines] = (end ? text.slice(0, end.index) : text).split(/\r?\n/);
  const fields: string[] = [];
  for (const line of lines) {
    const colon = line.indexOf(':');
    // Obsolete line folding: kept as it is, for the field's canonical form.
    if (/^[ \t]/.test(line) && fields.length > 0) fields.push(`${fields.pop()}\n${line}`);
    else if (colon > 0) fields.push(line.slice(0, colon), line.slice(colon + 1));
    else if (line !== '') throw new UnreadableMessage('a line of the header is no field');
  }
  return { startLine, fields, content: end ? file.subarray(end.index + end[0].length) : Buffer.alloc(0) };
}
