/**
 * Finds unknown variables that resemble the gateway's: with `KAFKA_BROKER=…` a gateway would otherwise run without Kafka, unnoticed.
 * `near-names.ts` defines a similar name.
 *
 * | unknown variable | result |
 * |---|---|
 * | similar to a variable that is not set | refused, because it was probably meant for that variable |
 * | similar to a variable that is set, or to a name that many programs use | a warning that names the similar variable, because another program may use it |
 * | begins like the gateway's variables, but is similar to none | a warning |
 * | set by Kubernetes for a Service | ignored |
 *
 * The environment of a container also has the variables of its image, of Docker and of Kubernetes.
 */
import type { Variable } from '../../adapters/config/variables.ts';
import type { ConfigProblem } from '../runtime/config-error.ts';
import { nearestName } from './near-names.ts';
import type { Environment } from './reader.ts';

/** First words of the gateway's variables that other programs use too: `LOG_FORMAT`, `DATABASE_POOL`, `MAX_OLD_SPACE`. */
const COMMON_WORDS: ReadonlySet<string> = new Set([
  ...['CLIENT', 'DATABASE', 'LOG', 'MASTER', 'MAX', 'PUBLIC', 'REQUEST', 'REQUIRE', 'SYSTEM', 'TOPIC'],
]);

/** First words that no variable of the gateway has, and that an operator may expect. */
const EXPECTED_WORDS = ['CATALOG', 'LIENTHONG'];

/** The gateway's variables that other programs have too. A similar name (`LOGLEVEL`, `PORT_FILE`) may be meant for one of those. */
const COMMON_NAMES = ['HOST', 'PORT', 'LOG_LEVEL'];

/** Kubernetes sets these for each Service: `KAFKA_SERVICE_HOST`, `KAFKA_PORT_9092_TCP_ADDR`, and `KAFKA_PORT` with an address. */
const SERVICE_LINK = /_(SERVICE_(HOST|PORT(_\w+)?)|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$/;
const isServiceLink = (variable: string, value: string) =>
  SERVICE_LINK.test(variable) || (variable.endsWith('_PORT') && /^(tcp|udp|sctp):\/\//.test(value));

interface Misspelt {
  readonly refused: ConfigProblem[];
  readonly doubtful: ConfigProblem[];
}

/** @param also further known names, beside those of `rows` */
export function findMisspelt(
  environment: Environment,
  rows: readonly Variable[],
  also: readonly string[] = [],
): Misspelt {
  const names = rows.map(({ name }) => name);
  const files = rows.flatMap(({ name, secret }) => (secret ? [`${name}_FILE`] : []));
  const known = new Set([...names, ...files, ...also]);
  const ours = new Set([...names.filter((name) => name.includes('_')).map(firstWord), ...EXPECTED_WORDS]);
  const isOurs = (variable: string) =>
    variable.includes('_') && ours.has(firstWord(variable)) && !COMMON_WORDS.has(firstWord(variable));
  const isSet = (name: string) => Boolean(environment[name] || environment[`${name}_FILE`]);
  const found: Misspelt = { refused: [], doubtful: [] };
  for (const [variable, value] of Object.entries(environment)) {
    if (!value || known.has(variable) || isServiceLink(variable, value)) continue;
    const plain = variable.replace(/_FILE$/, '');
    if (plain !== variable && names.includes(plain)) {
      const reason = `there is no such variable: ${plain} is no secret, give it itself`;
      (COMMON_NAMES.includes(plain) ? found.doubtful : found.refused).push({ variable, reason });
      continue;
    }
    const nearest = nearestName(variable, [...known]);
    if (nearest !== undefined) {
      const reason = `there is no such variable; is ${nearest.name} meant?`;
      const plainName = names.includes(nearest.name) ? nearest.name : nearest.name.replace(/_FILE$/, '');
      const meant = nearest.sure && !COMMON_NAMES.includes(nearest.name) && !isSet(plainName);
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
