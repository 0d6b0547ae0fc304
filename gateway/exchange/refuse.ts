/**
 * Sends every refusal: turns an error into a problem (RFC 9457) in the caller's language. The refusal of a verified caller is recorded
 * before it is sent, and so is the misuse of an authentic token. All other refusals are counted.
 */
import type { IncomingMessage } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { EvidenceLog } from '../evidence/evidence.ts';
import { Misuse } from '../identity/possession/misuse.ts';
import type { ProblemCode } from '../problems/codes.ts';
import { answerBy } from '../problems/in-time.ts';
import { Problem, problemBody } from '../problems/problem.ts';
import { storeAbsence } from '../problems/store-unavailable.ts';
import type { FailureReports } from '../telemetry/report-failures.ts';
import { hasLeft, isCallerLeft } from '../wire/caller-left.ts';
import type { ClosingResponse } from '../wire/closing-response.ts';
import { isFastifyError } from '../wire/fastify-error.ts';
import { preferredLanguage } from '../wire/language.ts';
import type { CallSoFar, Identified } from './call.ts';
import { completeChallenges } from './challenge.ts';
import { record } from './record/record.ts';
import { type SignParts, sign } from './record/sign.ts';

/** Fastify's own errors that the caller has caused. */
const codes: Readonly<Record<string, ProblemCode>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
  FST_ERR_CTP_INVALID_CONTENT_TYPE: 'unsupported_media_type',
  FST_ERR_CTP_BODY_TOO_LARGE: 'body_too_large',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'malformed_json',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'malformed_request',
  FST_ERR_BAD_URL: 'malformed_request',
};

/** Turns an error into the problem that the caller receives. The error's own message appears in the log only. */
export function toProblem(thrown: unknown): Problem {
  const error = storeAbsence(thrown);
  if (error instanceof Problem) return error;
  if (!isFastifyError(error)) return new Problem('internal_error', { cause: error });
  const known = codes[error.code];
  if (known) return new Problem(known);
  const { statusCode = 500 } = error;
  return new Problem(statusCode >= 400 && statusCode < 500 ? 'malformed_request' : 'internal_error', {
    cause: error,
  });
}

const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

interface RefuseParts extends SignParts {
  readonly evidence: EvidenceLog;
  readonly failures: FailureReports;
  /** The answer that `http/` gave in the place of the application; `undefined`: none. */
  readonly connections: { closingResponseTo(request: IncomingMessage): ClosingResponse | undefined };
}

/** The error handler of the agencies' application. */
export function refuse(parts: RefuseParts) {
  const { evidence, failures, connections } = parts;
  const complete = completeChallenges(parts.publicUrl);
  return async (error: unknown, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    // When the reader of a stream leaves before the first byte, Node throws an error, which is no failure.
    if (isCallerLeft(error, request) || (request.call?.opened && hasLeft(request))) {
      const refusal = connections.closingResponseTo(request.raw);
      if (refusal) await recordClosingResponse(evidence, request, refusal);
      return reply.hijack();
    }
    let problem = complete(toProblem(error));
    const caller = request.call?.caller ?? (error instanceof Misuse ? error.attributedTo : undefined);
    if (!caller || problem.status === 429) {
      evidence.countRefusal(request.ip, problem.code);
    } else if (problem.code !== 'evidence_unavailable') {
      try {
        return await refuseCaller(parts, problem, { ...request.call!, caller });
      } catch (failure) {
        // The caller must learn that the outcome is pending, or it would assume that nothing was written. The intent is already recorded.
        if (problem.code !== 'outcome_pending') problem = toProblem(failure);
      }
    }
    return sendProblem(failures, problem, request, reply);
  };
}

/** Refuses a verified caller. The refusal is signed if an answer would be, and recorded before it is sent. */
async function refuseCaller(
  parts: RefuseParts,
  problem: Problem,
  call: CallSoFar & Identified,
): Promise<FastifyReply> {
  const { request, reply, subjects = [] } = call;
  const body = writeProblem(problem, request);
  const { status, code } = problem;
  const signed = sign(parts, call, { status, contentType: PROBLEM_TYPE, body });
  await record(
    parts.evidence,
    call,
    {
      ...{ kind: 'refusal', status, code, reason: problem.members.reason, subjects },
      ...{ fields: undefined, response: undefined, responseSignature: signed?.signature },
    },
    answerBy(request.arrival, request.routeOptions.config.deadline),
  );
  if (signed) reply.headers(signed.headers);
  return sendProblem(parts.failures, problem, request, reply, body);
}

/** The gateway itself ended the connection, with a refusal of the request whose body did not come (408, 400). */
async function recordClosingResponse(
  evidence: EvidenceLog,
  { id, log, call }: FastifyRequest,
  { status, code }: ClosingResponse,
): Promise<void> {
  const caller = call?.caller;
  if (!caller) return;
  try {
    // Nothing of the body came that could be digested.
    const request = { id, arrival: { bytes: undefined } };
    await record(
      evidence,
      { ...call, caller, request },
      {
        ...{ kind: 'refusal', status, code, subjects: [], fields: undefined, response: undefined },
      },
    );
  } catch (failure) {
    // Nothing was disclosed, and the connection is gone.
    log.error({ requestId: id, err: failure }, 'a refusal could not be recorded');
  }
}

/** Each defect of ours with its place; of what is away, or has no room, the first call of a minute. */
function report(failures: FailureReports, problem: Problem, request: FastifyRequest): void {
  const { id, log } = request;
  const { status, code, cause, members } = problem;
  if (status < 500) return;
  if (status === 500) log.error({ requestId: id, err: problem }, code);
  else {
    const alike = { service: serviceOf(request), ...(members.reason && { reason: members.reason }) };
    failures.report(code, alike, cause, { requestId: id });
  }
}

function writeProblem(problem: Problem, request: FastifyRequest): string {
  return JSON.stringify(
    problemBody(problem, preferredLanguage(request.headers['accept-language']), request.id),
  );
}

/** As log and metrics name what a request is for. */
export function serviceOf({ call, routeOptions }: FastifyRequest): string {
  return call?.service ?? routeOptions.config.service ?? 'none';
}

/** Sends a problem, and logs its private cause when it is our fault or an upstream's. */
export function sendProblem(
  failures: FailureReports,
  problem: Problem,
  request: FastifyRequest,
  reply: FastifyReply,
  body: string = writeProblem(problem, request),
): FastifyReply {
  const { headers, retryAfter } = problem.members;
  request.arrival.outcome = problem.code;
  report(failures, problem, request);
  reply.headers(request.call?.headers ?? {});
  if (headers) reply.headers(headers);
  if (retryAfter !== undefined) reply.header('retry-after', String(Math.max(1, Math.ceil(retryAfter))));
  return reply
    .code(problem.status)
    .type(PROBLEM_TYPE)
    .header('content-language', preferredLanguage(request.headers['accept-language']))
    .send(body);
}
