/** An answer of a gateway under test, and the form that every refusal has. */
import type { Test } from 'tap';

/** An answer, read whole. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** `{}` for what is not JSON. */
  readonly body: AnswerBody;
}

export interface AnswerBody {
  readonly data?: unknown;
  readonly meta?: {
    readonly requestId?: string;
    readonly withheld?: readonly string[];
    readonly nextPageToken?: string;
    readonly next?: string;
    readonly hasMore?: boolean;
  };
  readonly code?: string;
  readonly requestId?: string;
  readonly agreement?: string;
  readonly legalBasis?: readonly string[];
  readonly reason?: string;
  readonly detail?: string;
  readonly title?: string;
  readonly errors?: readonly {
    readonly pointer?: string;
    readonly parameter?: string;
    readonly header?: string;
    readonly detail: string;
  }[];
  readonly [member: string]: unknown;
}

/** The JSON of a body; `{}` for what is none. */
export function readBody(text: string): AnswerBody {
  try {
    return JSON.parse(text) as AnswerBody;
  } catch {
    return {};
  }
}

/** Is `answer` this refusal, in the form of every refusal (RFC 9457)? */
export function refused(
  test: Pick<Test, 'match' | 'equal' | 'notMatch'>,
  answer: Answer,
  status: number,
  code: string,
  name = code,
): void {
  const { headers, body, text } = answer;
  test.match({ status: answer.status, code: body.code }, { status, code }, name);
  test.match(
    { headers, body },
    {
      headers: {
        'content-type': /^application\/problem\+json/,
        'content-language': /^(vi|en)$/,
        'cache-control': 'no-store',
        'x-request-id': body.requestId,
      },
      body: { type: `urn:lienthong:problem:${code}`, title: /./, detail: /./, status: answer.status },
    },
    `${name}: form`,
  );
  test.notMatch(text, /\bat .*\.[jt]s:\d|node_modules|Error:/, `${name}: no stack`);
}
