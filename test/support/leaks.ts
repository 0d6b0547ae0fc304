import type { TestClient } from './test-client.ts';

/**
 * Where these secrets (numbers, tokens) stand outside the answers that disclose: in refusals, in headers of any answer,
 * in the log, in the metrics. Should be nowhere.
 */
export async function leaks(
  gateway: TestClient & { readonly log?: readonly string[] },
  secrets: readonly string[],
): Promise<string[]> {
  if (gateway.answers.length === 0 || gateway.log?.length === 0)
    throw new Error('there is nothing to look through');
  await gateway.operations('/metrics');
  const lines = gateway.answers.flatMap((answer) => [
    ...(answer.status < 400 && answer.body.data !== undefined ? [] : [answer.text]),
    JSON.stringify(answer.headers),
  ]);
  return [...lines, ...(gateway.log ?? [])].filter((line) =>
    secrets.some((secret) => secret !== '' && line.includes(secret)),
  );
}
