/**
 * A YAML or JSON file of the catalogue: its value, and the line of each value, so that an error can name its line.
 *
 * Two libraries read the same language (YAML 1.2, core schema, which includes JSON): js-yaml makes the value, and is fast; `yaml`
 * finds the line of a value, and runs only for a finding. A test checks that both read alike.
 */
import { load, YAMLException } from 'js-yaml';
import { LineCounter, parseDocument, type Document as YamlDocument } from 'yaml';
import { textFault } from '../../../adapters/values/unicode.ts';
import { textFaults } from '../../wire/text-faults.ts';

/** One error of the catalogue. `line` counts from 1. */
export interface Finding {
  readonly file: string;
  readonly line: number;
  readonly message: string;
  /** Follows from another error; reported after the errors that do not. */
  readonly follows?: true;
}

interface Parsed {
  /** `undefined` when there are findings. */
  readonly value: unknown;
  readonly findings: readonly Finding[];
}

/** Parsed on first use: most files of a reload are unchanged. */
export class SourceFile {
  /** Path relative to the loaded directory. */
  readonly file: string;
  readonly text: string;
  #parsed: Parsed | undefined;
  #kept: string | undefined;
  #positions: { readonly document: YamlDocument; readonly lines: LineCounter } | undefined;

  /** @param findings why it cannot be read at all: not UTF-8, a broken link, an unexpected name */
  constructor(file: string, text: string, findings: readonly Finding[] = []) {
    this.file = file;
    this.text = text;
    if (findings.length > 0) this.#parsed = { value: undefined, findings };
  }

  get value(): unknown {
    return this.#parse().value;
  }

  /** Errors of the text itself. */
  get findings(): readonly Finding[] {
    return this.#parse().findings;
  }

  /** Takes over its cached value as JSON: the whole catalogue was found sound with it, so it is not checked again. */
  adopt(json: string): void {
    this.#kept = json;
  }

  /** Has it a value that was found sound before? */
  get isChecked(): boolean {
    return this.#kept !== undefined;
  }

  /** The line of the value at a JSON Pointer, or of the nearest parent that exists. */
  lineOf(pointer: string): number {
    const { document, lines } = this.#locate();
    const path = pointer.split('/').slice(1).map(unescapePointer);
    for (let length = path.length; length >= 0; length--) {
      const node: unknown = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
      const range =
        node instanceof Object && 'range' in node
          ? (node.range as [number, number, number] | null)
          : undefined;
      if (range) return lines.linePos(range[0]).line;
    }
    return 1;
  }

  finding(pointer: string, message: string): Finding {
    return { file: this.file, line: this.lineOf(pointer), message };
  }

  #parse(): Parsed {
    this.#parsed ??= this.#read();
    return this.#parsed;
  }

  #read(): Parsed {
    if (this.#kept !== undefined) return { value: JSON.parse(this.#kept), findings: [] };
    let value: unknown;
    try {
      // Aliases could make a small file a huge value, and no catalogue needs them.
      value = ownTexts(load(this.text, { maxAliases: 0 }));
    } catch (error) {
      return { value: undefined, findings: this.#explain(error) };
    }
    const faults = this.#mayHaveFaults() ? textFaults(value) : [];
    if (faults.length === 0) return { value, findings: [] };
    const findings = faults.map(({ pointer = '', detail }) => this.finding(pointer, `${pointer}: ${detail}`));
    return { value: undefined, findings };
  }

  /** A forbidden character comes from an escape (`"\0"`, `"\uD800"`), or is in the file itself. */
  #mayHaveFaults(): boolean {
    return this.text.includes('\\') || textFault(this.text) !== undefined;
  }

  /** All errors of a text that does not parse, not only the first. */
  #explain(error: unknown): Finding[] {
    const { document, lines } = this.#locate();
    if (document.errors.length > 0) {
      return document.errors.map(({ pos, message }) => ({
        file: this.file,
        line: lines.linePos(pos[0]).line || 1,
        message: message.split('\n')[0]!.replace(/ at line \d+, column \d+:?$/, ''),
      }));
    }
    const [line, message] =
      error instanceof YAMLException ? [error.mark?.line ?? 0, error.reason] : [0, String(error)];
    return [{ file: this.file, line: line + 1, message }];
  }

  #locate() {
    if (!this.#positions) {
      const lines = new LineCounter();
      const document = parseDocument(this.text, { lineCounter: lines, uniqueKeys: true, version: '1.2' });
      this.#positions = { document, lines };
    }
    return this.#positions;
  }
}

/**
 * The same value with copied strings. V8 makes a slice that points into the file's text, with two bytes a character if any part
 * of the file has a Vietnamese letter: each code would be written so into log lines and evidence, and keep the whole file in
 * memory.
 */
function ownTexts(value: unknown): unknown {
  return isJson(value) ? JSON.parse(JSON.stringify(value)) : value;
}

/** Does the value survive JSON unchanged? YAML also has `.nan`, `.inf` and files without a value, which are errors later. */
export function isJson(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0);
  if (typeof value !== 'object' || value === null) return value !== undefined;
  return Object.values(value).every(isJson);
}

/** RFC 6901, section 4. */
export function unescapePointer(token: string): string {
  return token.replaceAll('~1', '/').replaceAll('~0', '~');
}

export function escapePointer(token: string): string {
  return token.replaceAll('~', '~0').replaceAll('/', '~1');
}
