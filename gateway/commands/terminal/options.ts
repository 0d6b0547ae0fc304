/** Reads a command's options; reports a fault in one line, with a similar option if there is one. */
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { closestMatch } from 'leven';
import { parseInteger } from '../../wire/json-scalars.ts';
import { CommandError } from './command.ts';

/** As `parseArgs` of Node. @throws CommandError */
export function readOptions<const C extends ParseArgsConfig>(config: C): ReturnType<typeof parseArgs<C>> {
  try {
    return parseArgs(config);
  } catch (error) {
    if (!(error instanceof TypeError) || !('code' in error)) throw error;
    throw new CommandError(sentenceOf(error.code, error.message, Object.keys(config.options ?? {})));
  }
}

function sentenceOf(code: unknown, message: string, known: readonly string[]): string {
  const [, given = ''] = /'-{0,2}([^' ]*)/.exec(message) ?? [];
  if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') {
    return `there is no option --${given}${orMeant(given, known, '--')}`;
  }
  if (code === 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL') return tooMany(given);
  const [sentence = message] = message.split(/\.?\n/);
  return sentence;
}

const tooMany = (given: string) => `"${given}" is one argument too many`;

/** For a command with arguments: @throws CommandError when there are more than `count` */
export function readAtMost(count: number, positionals: readonly string[]): void {
  const extra = positionals[count];
  if (extra !== undefined) throw new CommandError(tooMany(extra));
}

/** @param option its name, for the message @throws CommandError unless it is a whole number from `from` to `to` */
export function readNumber(text: string, option: string, from: number, to: number): number {
  const number = parseInteger(text);
  if (number !== undefined && number >= from && number <= to) return number;
  throw new CommandError(`${option} must be a whole number from ${from} to ${to}`);
}

/**
 * The first argument of a command that has several verbs.
 * @param does the verbs
 * @throws CommandError
 */
export function readVerb<const V extends string>(given: string | undefined, does: readonly V[]): V {
  const verb = does.find((one) => one === given);
  if (verb !== undefined) return verb;
  const list = does.join(', ');
  if (given === undefined) throw new CommandError(`name what to do: ${list}`);
  throw new CommandError(`there is no "${given}"${orMeant(given, does)} (${list})`);
}

/** `; is --system meant?`, if one of `known` is similar; otherwise nothing. */
export function orMeant(given: string, known: readonly string[], prefix = ''): string {
  // Two swapped letters are a distance of two.
  const maxDistance = given.length < 4 ? 1 : Math.max(2, Math.floor(given.length / 3));
  const meant = closestMatch(given, [...known], { maxDistance });
  return meant === undefined ? '' : `; is ${prefix}${meant} meant?`;
}
