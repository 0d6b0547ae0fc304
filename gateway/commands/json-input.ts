/** JSON that somebody gives to a command: what is wrong with it is said by its place, and never quoted. */
import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import type { ParseError } from 'jsonc-parser';
import { CommandError } from './command.ts';

/** @param name of the file, or of what else it was given by @throws CommandError `FILE:LINE:COLUMN: …` */
export async function parseJson(text: string, name: string): Promise<unknown> {
  try {
    return JSON.parse(text);
  } catch {
    // Loaded to find the place, where there is something to find.
    const { parse, printParseErrorCode } = await import('jsonc-parser');
    const errors: ParseError[] = [];
    parse(text, errors, { allowTrailingComma: false, disallowComments: true });
    const { offset, error } = errors[0] ?? { offset: 0, error: undefined };
    const before = text.slice(0, offset).split('\n');
    const place = `${name}:${before.length}:${before.at(-1)!.length + 1}`;
    throw new CommandError(
      `${place}: this is not JSON${error === undefined ? '' : ` (${wordsOf(printParseErrorCode(error))})`}`,
    );
  }
}

/** `PropertyNameExpected` → `property name expected` */
function wordsOf(code: string): string {
  return code.replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase();
}

/** An argument: JSON itself, `@FILE`, or `-` for standard input. @throws CommandError */
export async function readJsonArgument(argument: string): Promise<unknown> {
  if (argument === '-') return parseJson((await buffer(process.stdin)).toString('utf8'), 'stdin');
  if (!argument.startsWith('@')) return parseJson(argument, 'argument');
  const file = argument.slice(1);
  return parseJson(await readText(file), file);
}

/** @throws CommandError when the file cannot be read */
export function readText(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new CommandError(`${file} cannot be read${reasonOf(error)}`);
  });
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  EISDIR: 'it is a directory',
};

function reasonOf({ code = '' }: NodeJS.ErrnoException): string {
  const reason = reasons[code] ?? code;
  return reason === '' ? '' : `: ${reason}`;
}
