/**
 * Variables that look like ours and are none of ours: `KAFKA_BROKER=…` would run a gateway without Kafka, and say nothing.
 *
 * - One whose name is nearly that of a variable which is not set was meant for it: refused.
 * - One whose variable is set, whose variable has a name that many programs use, or that only begins as ours do, may be somebody
 *   else's (the environment of a container has the variables of its image, of Docker and of Kubernetes): a warning, which names
 *   the nearest.
 */
import { closestMatch } from 'leven';
import type { ConfigProblem } from './config-error.ts';
import type { Environment, Variable } from './reader.ts';

/** First words that belong to the gateway; `LOG_`, `TLS_`, `HOST` and the like are everybody's. */
const PREFIXES =
  /^(ADDRESS|BUSINESS|CATALOGUE|CATALOG|COPIES|EVIDENCE|KAFKA|LAND|LIENTHONG|OPERATIONS|OUTBOX|POPULATION|UPSTREAM|WEBHOOK)_/;

/** Names of ours that many programs use: what is near them (`LOGLEVEL`, `PORT_FILE`) may be meant for any of those. */
const EVERYBODYS = ['HOST', 'PORT', 'LOG_LEVEL'];

/** What Kubernetes sets for each Service: `KAFKA_SERVICE_HOST`, `KAFKA_PORT_9092_TCP_ADDR`. */
const OF_KUBERNETES = /_(SERVICE_(HOST|PORT(_\w+)?)|PORT(_\d+_(TCP|UDP)(_(PROTO|PORT|ADDR))?)?)$/;

/** A name this short is near to too many others (`HOST`, `HOME`). */
const SHORTEST = 8;
/** Letters to add, leave out or change. */
const NEAR = 2;

interface Misspelt {
  readonly refused: ConfigProblem[];
  readonly doubtful: ConfigProblem[];
}

/** @param also names that are known beside those of `rows` */
export function findMisspelt(
  environment: Environment,
  rows: readonly Variable[],
  also: readonly string[] = [],
): Misspelt {
  const names = rows.map(({ name }) => name);
  const files = rows.flatMap(({ name, secret }) => (secret ? [`${name}_FILE`] : []));
  const known = new Set([...names, ...files, ...also]);
  const isSet = (name: string) => Boolean(environment[name] || environment[`${name}_FILE`]);
  const found: Misspelt = { refused: [], doubtful: [] };
  for (const [variable, value] of Object.entries(environment)) {
    if (!value || known.has(variable)) continue;
    const plain = variable.replace(/_FILE$/, '');
    if (plain !== variable && names.includes(plain)) {
      const reason = `there is no such variable: ${plain} is no secret, give it itself`;
      (EVERYBODYS.includes(plain) ? found.doubtful : found.refused).push({ variable, reason });
      continue;
    }
    const nearest = nearestOf(variable, [...known]);
    if (nearest !== undefined) {
      const reason = `there is no such variable; is ${nearest} meant?`;
      const meant = !EVERYBODYS.includes(nearest) && !isSet(nearest.replace(/_FILE$/, ''));
      (meant ? found.refused : found.doubtful).push({ variable, reason });
    } else if (PREFIXES.test(variable) && !OF_KUBERNETES.test(variable)) {
      found.doubtful.push({ variable, reason: 'there is no such variable: it has no effect' });
    }
  }
  return found;
}

function nearestOf(variable: string, names: readonly string[]): string | undefined {
  if (variable.length < SHORTEST) return undefined;
  const long = names.filter((name) => name.length >= SHORTEST);
  return closestMatch(variable.toUpperCase(), long, { maxDistance: NEAR });
}
