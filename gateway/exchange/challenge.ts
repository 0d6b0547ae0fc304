/**
 * Every 401 of the agencies' port says how to authenticate (RFC 9110, 15.5.2), and every challenge where the resource
 * describes itself (RFC 9728, 5.1): in one place, whichever step refused.
 */

import { resourceMetadataUrl } from '../identity/paths.ts';
import { Problem } from '../problems/problem.ts';

/** Challenges are the gateway's own words: a comma and a scheme with its realm begin the next one, and nothing else. */
const BETWEEN = /, (?=(?:Bearer|DPoP) realm=)/;
const FIELD = 'www-authenticate';

/** @returns what completes a refusal of the agencies' port */
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
