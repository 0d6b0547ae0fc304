/**
 * The value of each component that a signature may cover (RFC 9421, 2).
 *
 * The tables hold the known derived components, parameters, and fields with a known structure (for `sf` and `key`). A
 * signature that covers anything else is refused, trailers (`tr`) among them.
 */
import {
  type Item,
  type Parameters,
  parseItem,
  parseList,
  serializeByteSequence,
  serializeDictionary,
  serializeInnerList,
  serializeItem,
  serializeList,
} from 'structured-headers';
import { say } from '../../problems/sentences/sentence.ts';
import { readDictionary } from './dictionary.ts';
import { InvalidSignature } from './invalid-signature.ts';
import type { Fields, RequestMessage, ResponseMessage, SignatureContext } from './message.ts';

export type FieldTypes = ReadonlyMap<string, 'dictionary' | 'list' | 'item'>;

/** Fields whose structure this gateway knows. */
const structuredFields: FieldTypes = new Map([
  ['accept-signature', 'dictionary'],
  ['content-digest', 'dictionary'],
  ['signature', 'dictionary'],
  ['signature-input', 'dictionary'],
]);

/** Derived components of a request (2.2). The target URI is taken apart as it is written: nothing is decoded. */
const ofRequest: Readonly<
  Record<string, (request: RequestMessage, parameters: Parameters) => string | undefined>
> = {
  '@method': (request) => request.method,
  '@target-uri': (request) => request.targetUri,
  // URL writes the host in lower case and leaves the scheme's own port out, as RFC 9110, 4.2.3 wants it.
  '@authority': ({ targetUri }) => URL.parse(targetUri)?.host,
  '@scheme': ({ targetUri }) => URL.parse(targetUri)?.protocol.slice(0, -1),
  '@request-target': (request) => request.requestTarget,
  '@path': (request) => partsOf(request.targetUri).path || '/',
  '@query': (request) => partsOf(request.targetUri).query || '?',
  '@query-param': queryParameter,
};

const ofResponse: Readonly<Record<string, (response: ResponseMessage) => string>> = {
  '@status': (response) => String(response.status),
};

/** Which parameters a component identifier may carry, beside `req`. */
const parametersOf = { field: ['sf', 'key', 'bs'], '@query-param': ['name'] } as const;

/**
 * The value of a component of the message, or of its request when the identifier says `req`.
 * @throws InvalidSignature `component` when there is none, or the identifier is not understood
 */
export function componentValue(
  [name, parameters]: Item,
  context: SignatureContext,
  types: FieldTypes = structuredFields,
): string {
  if (typeof name !== 'string' || name !== name.toLowerCase())
    throw refusal('has a name that none has', 'có tên không hợp lệ');
  const ofItsRequest = takeFlag(parameters, 'req');
  // 2.4: `req` has no meaning in a request.
  if (ofItsRequest && !context.response)
    throw refusal(
      `${quote(name)} cannot have req in a request`,
      `${quote(name)} không được có req trong yêu cầu`,
    );
  for (const parameter of parameters.keys()) {
    if (parameter !== 'req' && !mayCarry(name, parameter)) {
      throw refusal(
        `${quote(name)} has a parameter that is not understood`,
        `${quote(name)} có tham số không được hỗ trợ`,
      );
    }
  }
  const target = context.response && !ofItsRequest ? context.response : context.request;
  if (!target)
    throw refusal(
      `${quote(name)} is of a request that is not at hand`,
      `${quote(name)} thuộc về yêu cầu không được cung cấp`,
    );
  const value = name.startsWith('@')
    ? derive(name, parameters, target)
    : fieldValue(name, parameters, target.fields, types);
  if (value === undefined)
    throw refusal(`${quote(name)} is not in the message`, `${quote(name)} không có trong thông điệp`);
  return value;
}

function mayCarry(name: string, parameter: string): boolean {
  if (!name.startsWith('@')) return (parametersOf.field as readonly string[]).includes(parameter);
  return name === '@query-param' && parameter === 'name';
}

function derive(
  name: string,
  parameters: Parameters,
  target: RequestMessage | ResponseMessage,
): string | undefined {
  if ('status' in target) return Object.hasOwn(ofResponse, name) ? ofResponse[name]!(target) : undefined;
  if (!Object.hasOwn(ofRequest, name)) return undefined;
  return ofRequest[name]!(target, parameters);
}

/** 2.1, with `sf` (2.1.1), `key` (2.1.2) and `bs` (2.1.3). */
function fieldValue(
  name: string,
  parameters: Parameters,
  fields: Fields,
  types: FieldTypes,
): string | undefined {
  const lines = fields(name);
  const key = parameters.get('key');
  const strict = takeFlag(parameters, 'sf') || key !== undefined;
  const wrapped = takeFlag(parameters, 'bs');
  if (strict && wrapped)
    throw refusal(
      `${quote(name)} cannot be both wrapped and structured`,
      `${quote(name)} không thể có cả bs lẫn sf hoặc key`,
    );
  if (lines.length === 0) return undefined;
  if (wrapped) return lines.map((line) => serializeByteSequence(Buffer.from(line, 'latin1'))).join(', ');
  if (!strict) return lines.join(', ');
  const type = types.get(name);
  if (type === undefined || (key !== undefined && type !== 'dictionary')) {
    throw refusal(
      `${quote(name)} has no structure that is known here`,
      `${quote(name)} không có cấu trúc được hỗ trợ`,
    );
  }
  try {
    return key === undefined ? reserialise(lines, type) : dictionaryMember(lines, key);
  } catch {
    throw refusal(`${quote(name)} is not well-formed`, `${quote(name)} không đúng cú pháp`);
  }
}

function reserialise(lines: readonly string[], type: 'dictionary' | 'list' | 'item'): string {
  if (type === 'dictionary') return serializeDictionary(readDictionary(lines));
  const text = lines.join(', ');
  return type === 'list' ? serializeList(parseList(text)) : serializeItem(parseItem(text));
}

function dictionaryMember(lines: readonly string[], key: unknown): string | undefined {
  const member = typeof key === 'string' ? readDictionary(lines).get(key) : undefined;
  if (!member) return undefined;
  const [value, parameters] = member;
  return Array.isArray(value) ? serializeInnerList([value, parameters]) : serializeItem([value, parameters]);
}

/** 2.2.8: the one parameter of that name; one that occurs twice cannot be covered. */
function queryParameter(request: RequestMessage, parameters: Parameters): string | undefined {
  const name = parameters.get('name');
  const given = new URLSearchParams(partsOf(request.targetUri).query);
  const values = [...given].filter(([key]) => encodeQuery(key) === name).map(([, value]) => value);
  return values.length === 1 ? encodeQuery(values[0]!) : undefined;
}

/** "Percent-encode after encoding" by the set of application/x-www-form-urlencoded, a space being `%20`. */
function encodeQuery(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()~]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function partsOf(uri: string): { readonly path: string; readonly query: string } {
  const [, path = '', query = ''] = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*([^?#]*)(\?[^#]*)?/i.exec(uri) ?? [];
  return { path, query };
}

/** A parameter that is a flag: there, and true. */
function takeFlag(parameters: Parameters, name: string): boolean {
  const value = parameters.get(name);
  if (value !== undefined && value !== true)
    throw refusal(`has a parameter ${name} that is no flag`, `có tham số ${name} không phải cờ`);
  return value === true;
}

/** Names are no secret, but a sender chooses their length. */
function quote(name: string): string {
  return `"${name.slice(0, 60)}"`;
}

function refusal(what: string, vi: string): InvalidSignature {
  return new InvalidSignature('component', say(`a covered component ${what}`, `thành phần được ký ${vi}`));
}
