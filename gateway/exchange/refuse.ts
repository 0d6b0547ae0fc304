/**
 * Every refusal leaves by this door: an error becomes a problem (RFC 9457) in the caller's language. A verified
 * caller's refusal is recorded before it is sent, and so is the misuse of an authentic token; any other is counted.
 */
import type { IncomingMessage } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { EvidenceLog } from '../evidence/evidence.ts';
import { Misuse } from '../identity/possession/misuse.ts';
import { answerBy } from '../problems/in-time.ts';
import { Problem, type ProblemCode, problemBody } from '../problems/problem.ts';
import { storeAbsence } from '../problems/store-unavailable.ts';
import type { Signatures } from '../signatures/signatures.ts';
import type { FailureReports } from '../telemetry/report-failures.ts';
import { hasLeft, isCallerLeft } from '../wire/caller-left.ts';
import { isFastifyError } from '../wire/fastify-error.ts';
import { preferredLanguage } from '../wire/language.ts';
import type { LastWords } from '../wire/last-words.ts';
import { completeChallenges } from './steps/challenge.ts';
import { type Outcome, record } from './steps/record.ts';
import { signAnswer } from './steps/sign-answer.ts';

/** Fastify's own errors that are the caller's doing. */
const codes: Readonly<Record<string, ProblemCode>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
  FST_ERR_CTP_INVALID_CONTENT_TYPE: 'unsupported_media_type',
  FST_ERR_CTP_BODY_TOO_LARGE: 'body_too_large',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'malformed_json',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'malformed_request',
  FST_ERR_BAD_URL: 'malformed_request',
};

/** What an error is to the caller, by where it comes from. Its own message stays in the log. */
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

interface RefuseParts {
  readonly evidence: EvidenceLog;
  readonly failures: FailureReports;
  readonly signatures: Signatures;
  readonly publicUrl: string;
  /** The answer that `http/` gave in the place of the application; `undefined`: none. */
  readonly connections: { lastWordsTo(request: IncomingMessage): LastWords | undefined };
}

/** The error handler of the agencies' application. */
export function refuse({ evidence, failures, signatures, publicUrl, connections }: RefuseParts) {
  const complete = completeChallenges(publicUrl);
  return async (error: unknown, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    // A stream that its reader left before the first byte ends in an error of Node's, of which nobody is to hear.
    if (isCallerLeft(error, request) || (request.progress.streamed && hasLeft(request))) {
      const refusal = connections.lastWordsTo(request.raw);
      if (refusal && request.progress.caller) await recordLastWords(evidence, request, refusal);
      return reply.hijack();
    }
    let problem = complete(toProblem(error));
    const { progress } = request;
    const caller = progress.caller ?? (problem instanceof Misuse ? problem.attributedTo : undefined);
    if (!caller || problem.status === 429) {
      evidence.countRefusal(request.ip, problem.code);
    } else if (problem.code !== 'evidence_unavailable') {
      try {
        const body = writeProblem(problem, request);
        const answer = { status: problem.status, contentType: PROBLEM_TYPE, body };
        const signed = signAnswer(signatures, publicUrl, request, answer);
        const entry: Outcome = {
          requestId: request.id,
          kind: 'refusal',
          service: progress.service,
          subjects: progress.subjects,
          fields: undefined,
          status: problem.status,
          code: problem.code,
          reason: problem.members.reason,
          request: progress.bytes,
          response: undefined,
          requestSignature: progress.signature,
          responseSignature: signed?.signature,
        };
        const by = answerBy(request.progress, request.routeOptions.config.deadline);
        await record(evidence, caller, progress.declaration, entry, by);
        if (signed) reply.headers(signed.headers);
        return sendProblem(failures, problem, request, reply, body);
      } catch (failure) {
        // That an outcome is pending must be told, or the caller would take it for nothing; its intent is on record.
        if (problem.code !== 'outcome_pending') problem = toProblem(failure);
      }
    }
    return sendProblem(failures, problem, request, reply);
  };
}

/** The gateway itself ended the connection, with a refusal of the request whose body did not come (408, 400). */
async function recordLastWords(
  evidence: EvidenceLog,
  { id, log, progress }: FastifyRequest,
  { status, code }: LastWords,
): Promise<void> {
  try {
    await record(evidence, progress.caller!, progress.declaration, {
      requestId: id,
      kind: 'refusal',
      service: progress.service,
      subjects: [],
      fields: undefined,
      status,
      code,
      request: undefined,
      response: undefined,
      requestSignature: progress.signature,
    });
  } catch (failure) {
    // Nothing was disclosed, and the connection is gone.
    log.error({ requestId: id, err: failure }, 'a refusal could not be recorded');
  }
}

/** Each defect of ours with its place; of what is away, or has no room, the first call of a minute. */
function report(failures: FailureReports, problem: Problem, { id, log, progress }: FastifyRequest): void {
  const { status, code, cause, members } = problem;
  if (status < 500) return;
  if (status === 500) log.error({ requestId: id, err: problem }, code);
  else {
    const alike = { service: progress.service, ...(members.reason && { reason: members.reason }) };
    failures.report(code, alike, cause, { requestId: id });
  }
}

function writeProblem(problem: Problem, request: FastifyRequest): string {
  return JSON.stringify(
    problemBody(problem, preferredLanguage(request.headers['accept-language']), request.id),
  );
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
  request.progress.outcome = problem.code;
  report(failures, problem, request);
  if (headers) reply.headers(headers);
  if (retryAfter !== undefined) reply.header('retry-after', String(Math.max(1, Math.ceil(retryAfter))));
  return reply
    .code(problem.status)
    .type(PROBLEM_TYPE)
    .header('content-language', preferredLanguage(request.headers['accept-language']))
    .send(body);
}
