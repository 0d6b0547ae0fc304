/** A refusal, and its response (RFC 9457). Its private cause goes to the log, never to the caller. */
import { type Language, type ProblemCode, problems } from './codes.ts';
import type { Sentence } from './sentences/sentence.ts';

/** One violation: its place, by the sender's own name, and a sentence in both languages (`sentences/`). */
export interface Violation extends Sentence {
  /** JSON Pointer (RFC 6901) into the body. */
  readonly pointer?: string;
  /** Name of a path or query parameter. */
  readonly parameter?: string;
  /** In lower case. */
  readonly header?: string;
}

/** A violation in one language. */
export interface LocalisedViolation extends Omit<Violation, 'vi'> {}

/** Members that a problem may have beside its code. */
export interface ProblemMembers {
  readonly errors?: readonly Violation[];
  /** The agreement that decided, and the legal basis of the decision. */
  readonly agreement?: string;
  readonly legalBasis?: readonly string[];
  /** A fixed word that narrows the code (`officer_not_permitted`). */
  readonly reason?: string;
  /** Seconds; becomes `Retry-After`. */
  readonly retryAfter?: number;
  /** Further response headers (`WWW-Authenticate`, `Allow`, `RateLimit`). */
  readonly headers?: Readonly<Record<string, string>>;
  /** For the log only. */
  readonly cause?: unknown;
}

/** A refusal. Steps throw it; `exchange/refuse.ts` turns it into `application/problem+json`. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: ProblemCode;
  readonly status: number;
  readonly members: ProblemMembers;

  constructor(code: ProblemCode, members: ProblemMembers = {}) {
    super(code, { cause: members.cause });
    this.code = code;
    this.status = problems[code].status;
    this.members = members;
  }
}

/** The body of RFC 9457 for a problem, in the requested language. `type` is a name, and no address. */
export function problemBody(
  problem: Problem,
  language: Language,
  requestId: string,
): Record<string, unknown> {
  const [title, detail] = problems[problem.code][language];
  const { errors, agreement, legalBasis, reason } = problem.members;
  return {
    type: `urn:lienthong:problem:${problem.code}`,
    title,
    status: problem.status,
    detail,
    code: problem.code,
    requestId,
    ...(reason && { reason }),
    ...(agreement && { agreement }),
    ...(legalBasis && { legalBasis }),
    ...(errors && { errors: localise(language, errors) }),
  };
}

/** Violations in one language, for a response. */
export function localise(language: Language, violations: readonly Violation[]): LocalisedViolation[] {
  return violations.map(({ vi, ...violation }) =>
    language === 'vi' ? { ...violation, detail: vi } : violation,
  );
}
