import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** The changes of one registry since its data was drawn, for a registry that outlives its process. */
export interface KeptChanges<Change> {
  /** To apply again at the start, oldest first. */
  readonly past: readonly Change[];
  /** MUST be in the file when this returns: a client that has seen a change must never see another of that version. */
  keep(change: Change): void;
}

interface Line {
  readonly registry: string;
  readonly change: unknown;
}

/** Keeps nothing: the registry starts anew each time. */
export const nothingKept: KeptChanges<never> & { keep(change: unknown): void } = { past: [], keep() {} };

/**
 * Opens a registry's part of a file of changes, one JSON object a line; makes the file with the first change.
 * All registries write to one file: each appends whole lines. Without a file nothing is kept.
 */
export function keptChanges<Change>(file: string | undefined, registry: string): KeptChanges<Change> {
  if (file === undefined) return nothingKept;
  const content = existsSync(file) ? readFileSync(file, 'utf8') : '';
  mkdirSync(dirname(file), { recursive: true });
  // A process that was killed while writing leaves half a line, of a change that no client has seen.
  if (content !== '' && !content.endsWith('\n')) appendFileSync(file, '\n');
  const past = content
    .split('\n')
    .flatMap(parseLine)
    .filter((line) => line.registry === registry)
    .map(({ change }) => change as Change);
  return {
    past,
    keep: (change) => appendFileSync(file, `${JSON.stringify({ registry, change } satisfies Line)}\n`),
  };
}

function parseLine(text: string): Line[] {
  try {
    return [JSON.parse(text) as Line];
  } catch {
    return [];
  }
}
