/**
 * A file that is checked at each request, and parsed only when it has changed, so that requests cause no reading.
 *
 * The file's change time, to the nanosecond, decides, with its inode and size. The system's clock moves in steps, and a file may
 * change twice within one: so a file that has just changed is parsed again each time.
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
 * @param parse parses the file's text; its error is thrown again until the file changes
 * @param now milliseconds since the epoch
 * @returns a function that rejects with the error of `parse`, and when the file cannot be read
 */
export function parsedFile<T>(path: string, parse: (text: string) => T, now: () => number): () => Promise<T> {
  let known: { readonly key: string; readonly outcome: () => T } | undefined;
  return async () => {
    const { key, changedAt } = await versionOf(path);
    if (known?.key === key) return known.outcome();
    known = undefined;
    // A file that changes meanwhile is kept under its older version, and parsed again.
    const outcome = outcomeOf(parse, await readFile(path, 'utf8'));
    if (now() - changedAt > SETTLED) known = { key, outcome };
    return outcome();
  };
}

/** Follows symbolic links: Kubernetes changes their targets. */
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
