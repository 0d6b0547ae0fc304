/**
 * Variables that look like ours and are none of ours: `KAFKA_BROKER=…` would run a gateway without Kafka, and say nothing.
 *
 * - One whose name is nearly that of a variable which is not set was meant for it: refused. Nearly: but for two letters, for singular
 *   and plural, or for words at its end or beginning (`near-names.ts`).
 * - One whose variable is set, whose name or whose variable's name many programs use, or that only begins as ours do, may be
 *   somebody else's (the environment of a container has the variables of its image, of Docker and of Kubernetes): a warning, which
 *   names the nearest.
 * - What Kubernetes sets for each Service is nobody's wish: not a word.
 */
import type { Variable } from '../../adapters/config/variables.ts';
import type { ConfigProblem } from '../runtime/config-error.ts';
import { nearestName } from './near-names.ts';
import type { Environment } from './reader.ts';

/** First words of names of ours with which those of many programs begin: `LOG_FORMAT`, `DATABASE_POOL`, `MAX_OLD_SPACE`. */
const COMMON_WORDS: ReadonlySet<string> = new Set([
  ...['CLIENT', 'DATABASE', 'LOG', 'MASTER', 'MAX', 'PUBLIC', 'REQUEST', 'REQUIRE', 'SYSTEM', 'TOPIC'],
]);

/** First words that somebody may take for those of the gateway's variables. */
const TAKEN_FOR_OURS = ['CATALOG', 'LIENTHONG'];

/** Names that many other programs use too. A similar name (`LOGLEVEL`, `PORT_FILE`) may be meant for one of them. */
const EVERYBODYS = ['HOST', 'PORT', 'LOG_LEVEL'];

/** Kubernetes sets these for each Service: `KAFKA_SERVICE_HOST`, `KAFKA_PORT_9092_TCP_ADDR`; `KAFKA_PORT` has an address there. */
const OF_KUBERNETES = /_(SERVICE_(HOST|PORT(_\w+)?)|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$/;
const isServiceLink = (variable: string, value: string) =>
  OF_KUBERNETES.test(variable) || (variable.endsWith('_PORT') && /^(tcp|udp|sctp):\/\//.test(value));

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
  const ours = new Set([...names.filter((name) => name.includes('_')).map(firstWord), ...TAKEN_FOR_OURS]);
  const isOurs = (variable: string) =>
    variable.includes('_') && ours.has(firstWord(variable)) && !COMMON_WORDS.has(firstWord(variable));
  const isSet = (name: string) => Boolean(environment[name] || environment[`${name}_FILE`]);
  const found: Misspelt = { refused: [], doubtful: [] };
  for (const [variable, value] of Object.entries(environment)) {
    if (!value || known.has(variable) || isServiceLink(variable, value)) continue;
    const plain = variable.replace(/_FILE$/, '');
    if (plain !== variable && names.includes(plain)) {
      const reason = `there is no such variable: ${plain} is no secret, give it itself`;
      (EVERYBODYS.includes(plain) ? found.doubtful : found.refused).push({ variable, reason });
      continue;
    }
    const nearest = nearestName(variable, [...known]);
    if (nearest !== undefined) {
      const reason = `there is no such variable; is ${nearest.name} meant?`;
      const plainName = names.includes(nearest.name) ? nearest.name : nearest.name.replace(/_FILE$/, '');
      const meant = nearest.sure && !EVERYBODYS.includes(nearest.name) && !isSet(plainName);
      (meant ? found.refused : found.doubtful).push({ variable, reason });
    } else if (isOurs(variable)) {
      found.doubtful.push({ variable, reason: 'there is no such variable: it has no effect' });
    }
  }
  return found;
}

function firstWord(name: string): string {
  return name.split('_', 1)[0]!;
}
