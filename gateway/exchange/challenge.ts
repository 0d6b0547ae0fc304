/**
 * Completes the challenges of the agencies' port: every 401 has a challenge (RFC 9110, 15.5.2), and every challenge has the address of
 * the resource's metadata (RFC 9728, 5.1), whichever step refused the call.
 */

import { resourceMetadataUrl } from '../identity/paths.ts';
import { Problem } from '../problems/problem.ts';

/** Separates two challenges. All are the gateway's own texts, in which only a challenge begins with a scheme and its realm. */
const BETWEEN = /, (?=(?:Bearer|DPoP) realm=)/;
const FIELD = 'www-authenticate';

/** @returns a function that completes a refusal of the agencies' port */
export function completeChallenges(publicUrl: string): (problem: Problem) => Problem {
  const parameter = `, resource_metadata="${resourceMetadataUrl(publicUrl)}"`;
  return (problem) => {
    if (problem.status !== 401 && problem.status !== 403) return problem;
    const { headers = {} } = problem.members;
    const name = Object.keys(headers).find((field) => field.toLowerCase() === FIELD);
    if (name === undefined && problem.status === 403) return problem;
    const challenges = name === undefined ? 'Bearer realm="lienthong"' : headers[name]!;
    const completed = challenges.split(BETWEEN).map((challenge) => challenge + parameter);
    return new Problem(problem.code, {
      ...problem.members,
      headers: { ...headers, [name ?? FIELD]: completed.join(', ') },
    });
  };
}
