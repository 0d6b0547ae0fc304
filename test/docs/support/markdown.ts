/** Reads the parts of the documents that tests compare. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '..', '..', '..');

/** A fenced block. The words after the language are for these tests; a reader does not see them. */
export interface Block {
  /** `sh`, `json` … */
  readonly language: string;
  readonly words: readonly string[];
  readonly text: string;
  /** `README.md:42`, for messages. */
  readonly place: string;
}

export function readDocument(path: string): Promise<string> {
  return readFile(join(ROOT, path), 'utf8');
}

/** The fenced blocks of a document, in order. */
export async function blocksOf(path: string): Promise<Block[]> {
  const document = await readDocument(path);
  return [...document.matchAll(/^```(\S+)(.*)\n([\s\S]*?)^```$/gm)].map((match) => {
    const [, language = '', words = '', text = ''] = match;
    const line = document.slice(0, match.index).split('\n').length;
    return { language, words: words.split(' ').filter(Boolean), text, place: `${path}:${line}` };
  });
}

/** The pages of a document that is an index of others, in its order: `docs/operators.md` has those of `docs/operators/`. */
export async function pagesOf(index: string): Promise<string[]> {
  const folder = index.replace(/^.*\/|\.(vi\.)?md$/g, '');
  const links = [...(await readDocument(index)).matchAll(/\]\(([\w-]+\/[\w.-]+\.md)\)/g)].map(
    ([, link]) => link!,
  );
  return [...new Set(links)].filter((link) => link.startsWith(`${folder}/`)).map((link) => `docs/${link}`);
}

/** The fenced blocks of all pages of an index. */
export async function blocksOfPages(index: string): Promise<Block[]> {
  return (await Promise.all((await pagesOf(index)).map(blocksOf))).flat();
}

/** The rows of the first table whose head has these columns; cells without their backquotes. */
export function tableOf(document: string, head: readonly string[]): string[][] {
  const lines = document.split('\n');
  const at = lines.findIndex((line) => line.startsWith('|') && cellsOf(line).join('|') === head.join('|'));
  if (at < 0) throw new Error(`no table with the columns ${head.join(', ')}`);
  const end = lines.findIndex((line, index) => index > at && !line.startsWith('|'));
  return lines.slice(at + 2, end < 0 ? undefined : end).map(cellsOf);
}

function cellsOf(line: string): string[] {
  return line
    .slice(1, line.lastIndexOf('|'))
    .split(/(?<!\\)\|/)
    .map((cell) =>
      cell
        .trim()
        .replace(/^`(.*)`$/, '$1')
        .replaceAll('\\|', '|')
        .replaceAll('&lt;', '<'),
    );
}
