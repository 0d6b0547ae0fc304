/**
 * A file that is asked for with each request, and read when it has changed: whoever sends requests makes nobody read.
 *
 * The file's change time decides, to the nanosecond, with its place and size. A clock of the system moves in steps, so that a file
 * may be written twice in one of them: what changed just now is read again each time.
 */
import { readFile, stat } from 'node:fs/promises';

/** Longer than any step of a file system's clock, in milliseconds. */
const SETTLED = 2000;

interface Version {
  readonly key: string;
  /** Milliseconds since the epoch. */
  readonly changedAt: number;
}

/**
 * @param parse of the file's text; what it throws is thrown again while the file is the same
 * @param now milliseconds since the epoch
 * @returns what asks; rejects with what `parse` throws, and when the file cannot be read
 */
export function parsedFile<T>(path: string, parse: (text: string) => T, now: () => number): () => Promise<T> {
  let known: { readonly key: string; readonly outcome: () => T } | undefined;
  return async () => {
    const { key, changedAt } = await versionOf(path);
    if (known?.key === key) return known.outcome();
    known = undefined;
    // Written meanwhile, it is kept under its older version, and read again.
    const outcome = outcomeOf(parse, await readFile(path, 'utf8'));
    if (now() - changedAt > SETTLED) known = { key, outcome };
    return outcome();
  };
}

/** A symbolic link is followed: Kubernetes changes where it leads. */
async function versionOf(path: string): Promise<Version> {
  const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
  return { key: [dev, ino, size, mtimeNs, ctimeNs].join(), changedAt: Number(ctimeNs / 1_000_000n) };
}

function outcomeOf<T>(parse: (text: string) => T, text: string): () => T {
  try {
    const value = parse(text);
    return () => value;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}
