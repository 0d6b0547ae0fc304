/** Reads JSON answers for the commands, from a gateway or from another server at the address. */
import { CommandError, exitStatus } from '../terminal/command.ts';

/**
 * One member of the JSON object in a gateway's answer.
 * @param url the gateway's address, for the message
 * @throws CommandError `refused` with the gateway's problem; `unreachable` when the answer is not a gateway's
 */
export async function readMember<T>(url: string, response: Response, member: string): Promise<T> {
  const text = await response.text();
  const answer = objectOf(text);
  if (answer && !response.ok) throw new CommandError(`HTTP ${response.status}: ${text}`, exitStatus.refused);
  if (answer?.[member] === undefined) {
    throw new CommandError(
      `${url} answers HTTP ${response.status} as no gateway does: none is there`,
      exitStatus.unreachable,
    );
  }
  return answer[member] as T;
}

function objectOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
