/** Calls of the agencies' port, each answer held against the gateway's own /openapi.json. */
import type { Answer } from './answer.ts';
import { createChecker } from './openapi.ts';

export interface Question {
  /** The calling system; undefined: no token. */
  readonly as: string | undefined;
  /** Left out: POST with a body, GET without. */
  readonly method?: 'GET' | 'POST';
  /** With the query. */
  readonly path: string;
  readonly body?: unknown;
  readonly purpose?: string;
  readonly caseId?: string;
  readonly officer?: string;
}

/** @param token gives the access token of a system */
export function createCaller(
  url: string,
  token: (system: string) => Promise<string>,
): (question: Question) => Promise<Answer> {
  let checker: Promise<ReturnType<typeof createChecker>> | undefined;
  const openChecker = async () => createChecker((await (await fetch(`${url}/openapi.json`)).json()) as never);

  return async ({ as, path, body, purpose, caseId, officer, ...rest }) => {
    const method = rest.method ?? (body === undefined ? 'GET' : 'POST');
    const headers = new Headers({ 'accept-language': 'en' });
    if (as !== undefined) headers.set('authorization', `Bearer ${await token(as)}`);
    if (body !== undefined) headers.set('content-type', 'application/json');
    if (purpose !== undefined) headers.set('x-purpose', purpose);
    if (caseId !== undefined) headers.set('x-case-id', caseId);
    if (officer !== undefined) headers.set('x-officer-id', officer);
    const response = await fetch(url + path, {
      method,
      headers,
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    const answer = { status: response.status, headers: response.headers, body: await response.json() };
    checker ??= openChecker();
    (await checker)({ method, path, answer });
    return answer;
  };
}
