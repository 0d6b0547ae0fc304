/**
 * A YAML or JSON file of the catalogue: its value, and where its values stand, so that an error can name its line.
 *
 * Two readers of one language (YAML 1.2, core schema; JSON is part of it): js-yaml makes the value, and is fast; `yaml`
 * finds the line of a value, and is asked only when there is something to tell. That both read alike is tested.
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
  /** Follows from another error, and is reported after all that do not. */
  readonly follows?: true;
}

interface Parsed {
  /** `undefined` when there are findings. */
  readonly value: unknown;
  readonly findings: readonly Finding[];
}

/** Read when first asked for its value: most files of a reload are those of the catalogue before. */
export class SourceFile {
  /** As the reader named it: relative to the directory that was loaded. */
  readonly file: string;
  readonly text: string;
  #parsed: Parsed | undefined;
  #kept: string | undefined;
  #positions: { readonly document: YamlDocument; readonly lines: LineCounter } | undefined;

  /** @param findings why it cannot be read at all: no UTF-8, a link to nowhere, a name that nobody reads */
  constructor(file: string, text: string, findings: readonly Finding[] = []) {
    this.file = file;
    this.text = text;
    if (findings.length > 0) this.#parsed = { value: undefined, findings };
  }

  get value(): unknown {
    return this.#parse().value;
  }

  /** What is wrong with the text as such. */
  get findings(): readonly Finding[] {
    return this.#parse().findings;
  }

  /** Its value as JSON, kept since the file was found sound, together with all others: it is not checked again. */
  adopt(json: string): void {
    this.#kept = json;
  }

  /** Was it found sound before? */
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
      // Aliases could make a small file a huge value; nobody needs them here.
      value = ownTexts(load(this.text, { maxAliases: 0 }));
    } catch (error) {
      return { value: undefined, findings: this.#explain(error) };
    }
    const faults = this.#mayHaveFaults() ? textFaults(value) : [];
    if (faults.length === 0) return { value, findings: [] };
    const findings = faults.map(({ pointer = '', detail }) => this.finding(pointer, `${pointer}: ${detail}`));
    return { value: undefined, findings };
  }

  /** What is no text is written by an escape (`"\0"`, `"\uD800"`), or stands there as it is. */
  #mayHaveFaults(): boolean {
    return this.text.includes('\\') || textFault(this.text) !== undefined;
  }

  /** All that is wrong with a text that cannot be read, not only the first. */
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
 * The same value, of texts of its own. V8 makes a piece of a text by pointing into it, two bytes a character when any
 * other part of the file has a Vietnamese letter: a code would be written so into every line of the log and every row of
 * evidence, and keep the whole file in memory.
 */
function ownTexts(value: unknown): unknown {
  return isJson(value) ? JSON.parse(JSON.stringify(value)) : value;
}

/** Can JSON say it, and say it again the same? YAML also has `.nan`, `.inf` and a file without a value; each has errors to come. */
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
