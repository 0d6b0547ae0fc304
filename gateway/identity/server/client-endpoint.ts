/**
 * Shared by the token and the revocation endpoint: the form that they read, and OAuth's errors (RFC 6749, 5.2).
 *
 * The refusal of an authenticated client is recorded before it is sent, like any refusal of a verified caller. It gives its
 * reason in writing: beside OAuth's members those of a problem (`code`, `detail`, `agreement`, `legalBasis`).
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { problems } from '../../problems/codes.ts';
import { Problem, problemBody } from '../../problems/problem.ts';
import type { LogLines } from '../../telemetry/log.ts';
import { reportFailures } from '../../telemetry/report-failures.ts';
import { isCallerLeft } from '../../wire/caller-left.ts';
import { isFastifyError } from '../../wire/fastify-error.ts';
import { preferredLanguage } from '../../wire/language.ts';
import type { AuthenticatedClient } from '../clients/authenticated-client.ts';
import type { Form } from '../clients/client-authentication.ts';
import type { ClientRecords } from '../clients/client-records.ts';
import { OAuthError, type OAuthErrorCode } from '../clients/oauth-error.ts';
import { parseForm } from './form.ts';

const BODY_LIMIT = 16_384;

/** A request's body: the parameters, and the bytes that evidence digests. */
export interface ClientBody {
  readonly form: Form;
  readonly bytes: Buffer;
}

interface ClientEndpointOptions {
  /** The endpoint's name in evidence. */
  readonly service: string;
  readonly records: ClientRecords;
  readonly log: LogLines;
  /** Counts a refused request by its error. */
  readonly refused: (outcome: OAuthErrorCode | 'caller_left') => void;
}

export const noStore = { 'Cache-Control': 'no-store', Pragma: 'no-cache' };

/** Gives an encapsulated Fastify context the parser and the errors of these endpoints. */
export function speakOAuth(app: FastifyInstance, options: ClientEndpointOptions): void {
  const { service, records, log, refused } = options;
  const failures = reportFailures(log);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<Buffer>(
    'application/x-www-form-urlencoded',
    { parseAs: 'buffer', bodyLimit: BODY_LIMIT },
    async (_request: unknown, bytes: Buffer): Promise<ClientBody> => ({ form: parseForm(bytes), bytes }),
  );
  app.setErrorHandler<unknown>(async (thrown, request, reply) => {
    if (isCallerLeft(thrown, request)) {
      refused('caller_left');
      return reply.hijack();
    }
    const given = thrown instanceof OAuthError ? thrown : fromFastify(thrown);
    const error = await recorded(given, request, service, records);
    refused(error.code);
    const entry = { requestId: request.id, code: error.code, description: error.message };
    if (error.status === 500) log.error({ ...entry, err: error.cause }, `${service} failed`);
    else if (error.status > 500)
      failures.report(`${service} failed`, { code: error.code }, error.cause, entry);
    else log.info({ ...entry, system: error.client?.system.id }, `${service} refused`);
    return send(error, request, reply);
  });
}

export function bodyOf(request: FastifyRequest): ClientBody {
  return (request.body as ClientBody | undefined) ?? { form: new Map(), bytes: Buffer.alloc(0) };
}

/** Attributes refusals by `work` to this client. */
export async function attributed<T>(client: AuthenticatedClient, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof OAuthError) error.client = client;
    throw error;
  }
}

/** A request for a nonce is a step of the protocol, and a failure of the gateway is no refusal: neither leaves evidence. */
function leavesEvidence({ client, code, status }: OAuthError): boolean {
  return client !== undefined && code !== 'use_dpop_nonce' && status < 500;
}

/** @returns the refusal, recorded if it leaves evidence; or another one, if recording failed */
async function recorded(
  error: OAuthError,
  request: FastifyRequest,
  service: string,
  records: ClientRecords,
): Promise<OAuthError> {
  const { client, status, code, reason, ground } = error;
  if (!client || !leavesEvidence(error)) return error;
  try {
    await records.refused({
      ...{ client, requestId: request.id, service, status, code, reason },
      agreement: ground?.agreement,
      legalBasis: ground?.legalBasis ?? [],
      request: bodyOf(request).bytes,
    });
    return error;
  } catch (cause) {
    return new OAuthError('temporarily_unavailable', 'the refusal cannot be recorded at present', {
      headers: { 'Retry-After': '1' },
      cause,
    });
  }
}

function send(error: OAuthError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return reply
    .code(error.status)
    .headers({ ...noStore, ...error.headers })
    .send({ error: error.code, error_description: error.message, ...inWriting(error, request) });
}

/** The reason of a refusal in the client's language, and its legal basis. */
function inWriting({ ground }: OAuthError, request: FastifyRequest): object {
  if (!ground) return {};
  const { code, agreement, legalBasis } = ground;
  const problem = new Problem(code, { ...(agreement !== undefined && { agreement }), legalBasis });
  const language = preferredLanguage(request.headers['accept-language']);
  const { type: _type, status: _status, ...members } = problemBody(problem, language, request.id);
  return members;
}

/** Refusals by the application before the endpoint reads a request: too many requests, a body with a content coding. */
function fromProblem({ status, code, members, cause }: Problem): OAuthError {
  const { headers, retryAfter } = members;
  return new OAuthError(
    status === 429 || status >= 500 ? 'temporarily_unavailable' : 'invalid_request',
    problems[code].en[0],
    { status, cause, headers: { ...headers, ...(retryAfter && { 'Retry-After': String(retryAfter) }) } },
  );
}

function fromFastify(error: unknown): OAuthError {
  if (error instanceof Problem) return fromProblem(error);
  if (!isFastifyError(error)) return new OAuthError('server_error', 'the gateway failed', { cause: error });
  switch (error.code) {
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new OAuthError('invalid_request', 'send application/x-www-form-urlencoded', { cause: error });
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new OAuthError('invalid_request', 'the form is larger than 16 KiB', {
        status: 413,
        cause: error,
      });
  }
  if (error.statusCode !== undefined && error.statusCode < 500) {
    return new OAuthError('invalid_request', 'the request is not well-formed', { cause: error });
  }
  return new OAuthError('server_error', 'the gateway failed', { cause: error });
}
