/** A YAML or JSON file of the catalogue that remembers where its values stand, so that an error can name its line. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { LineCounter, parseDocument, type Document as YamlDocument } from 'yaml';

/** One error of the catalogue. `line` counts from 1. */
export interface Finding {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

export class SourceFile {
  /** As the reader named it: relative to the directory that was loaded. */
  readonly file: string;
  readonly text: string;
  readonly value: unknown;
  readonly findings: readonly Finding[];
  readonly #document: YamlDocument;
  readonly #lines = new LineCounter();

  constructor(file: string, text: string) {
    this.file = file;
    this.text = text;
    // JSON is read by the same parser: YAML 1.2 contains it, and JSON.parse names no line and hides repeated keys.
    this.#document = parseDocument(text, { lineCounter: this.#lines, uniqueKeys: true, version: '1.2' });
    this.findings = this.#document.errors.map((error) => ({
      file,
      line: this.#lines.linePos(error.pos[0]).line || 1,
      message: error.message.split('\n')[0]!.replace(/ at line \d+, column \d+:?$/, ''),
    }));
    this.value = this.findings.length === 0 ? this.#document.toJS({ maxAliasCount: 0 }) : undefined;
  }

  /** The line of the value at a JSON Pointer, or of the nearest parent that exists. */
  lineOf(pointer: string): number {
    const path = pointer.split('/').slice(1).map(unescapePointer);
    for (let length = path.length; length >= 0; length--) {
      const node: unknown =
        length === 0 ? this.#document.contents : this.#document.getIn(path.slice(0, length), true);
      const range =
        node instanceof Object && 'range' in node
          ? (node.range as [number, number, number] | null)
          : undefined;
      if (range) return this.#lines.linePos(range[0]).line;
    }
    return 1;
  }

  finding(pointer: string, message: string): Finding {
    return { file: this.file, line: this.lineOf(pointer), message };
  }
}

/** @throws what `readFile` throws */
export async function readSource(path: string, name = basename(path)): Promise<SourceFile> {
  return new SourceFile(name, await readFile(path, 'utf8'));
}

/** RFC 6901, section 4. */
export function unescapePointer(token: string): string {
  return token.replaceAll('~1', '/').replaceAll('~0', '~');
}

export function escapePointer(token: string): string {
  return token.replaceAll('~', '~0').replaceAll('/', '~1');
}
