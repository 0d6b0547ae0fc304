/** An operator of a gateway under test. */
import type { TestClient } from './test-client.ts';

/** For `OPERATOR_TOKEN`, in a test that starts a gateway with one. */
export const OPERATOR_TOKEN = 'operator-token-of-the-test-0123456789';

/** The members of a request to revoke something. */
export const decision = { by: 'Phòng An toàn', reason: 'lộ khóa' };

export interface OperatorAnswer<Body> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
}

/**
 * Asks the operators' port.
 * @param path below `/admin/`
 * @param body an object, or a text to be sent as JSON whatever it is
 * @param token `''`: none
 */
export async function askOperators<Body = { readonly id?: number; readonly code?: string }>(
  { operationsUrl }: Pick<TestClient, 'operationsUrl'>,
  method: string,
  path: string,
  body?: object | string,
  token = OPERATOR_TOKEN,
): Promise<OperatorAnswer<Body>> {
  const response = await fetch(`${operationsUrl}/admin/${path}`, {
    method,
    headers: {
      ...(token && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, headers: response.headers, body: (await response.json()) as Body };
}

/** Revokes something, by the decision above. */
export function revoke(gateway: Pick<TestClient, 'operationsUrl'>, kind: string, value: string) {
  return askOperators(gateway, 'POST', 'revocations', { kind, value, ...decision });
}
