/**
 * Reads text and JSON input of a command. Messages state the position of a fault and never quote the text. Programs on
 * Windows write UTF-8 with a byte order mark, which is skipped, or UTF-16, which is refused by name.
 */
import { isUtf8 } from 'node:buffer';
import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import type { ParseError } from 'jsonc-parser';
import { JsonError, readStrictJson } from '../../../adapters/values/strict-json.ts';
import { withoutBom } from '../../../adapters/values/unicode.ts';
import { jsonSentences } from '../../wire/strict-json.ts';
import { CommandError } from './command.ts';

/** @param name of the file, or of another source @throws CommandError `FILE:LINE:COLUMN: …` */
export async function parseJson(text: string, name: string): Promise<unknown> {
  try {
    return JSON.parse(text);
  } catch {
    // Loaded only to find the position of a fault.
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

/**
 * An argument: JSON itself, `@FILE`, or `-` for standard input. As strict as the gateway, which receives the parsed value and
 * could not detect a repeated name. @throws CommandError
 */
export async function readJsonArgument(argument: string): Promise<unknown> {
  if (argument === '-') return parseStrictly(textBytes(await buffer(process.stdin), 'stdin'), 'stdin');
  if (!argument.startsWith('@')) return parseStrictly(Buffer.from(argument), 'argument');
  const file = argument.slice(1);
  return parseStrictly(await readBytes(file), file);
}

/** Bytes in another encoding could turn a name into another one. @throws CommandError */
async function parseStrictly(bytes: Buffer, name: string): Promise<unknown> {
  if (!isUtf8(bytes)) throw new CommandError(`${name} is not UTF-8: save it as UTF-8`);
  await parseJson(bytes.toString('utf8'), name);
  try {
    return readStrictJson(bytes).value;
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw new CommandError(`${name}: ${jsonSentences[error.fault].detail}`);
  }
}

/** @throws CommandError when the file cannot be read, or is UTF-16 */
export async function readText(file: string): Promise<string> {
  return (await readBytes(file)).toString('utf8');
}

/** Without the byte order mark of UTF-8. @throws CommandError when the file cannot be read, or is UTF-16 */
export async function readBytes(file: string): Promise<Buffer> {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new CommandError(`${file} cannot be read${reasonOf(error)}`);
  });
  return textBytes(bytes, file);
}

/** All input begins with ASCII, which in UTF-16 is two bytes a letter, with or without a byte order mark. */
function textBytes(bytes: Buffer, name: string): Buffer {
  const [first, second] = bytes;
  const isMarked = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  if (isMarked || (bytes.length > 1 && (first === 0) !== (second === 0))) {
    throw new CommandError(`${name} is UTF-16: save it as UTF-8`);
  }
  return withoutBom(bytes);
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
