/**
 * Makes a directory and what is missing above it. Node's own `recursive` goes on for ever, without a word, where a parent is
 * there and yet has no place for it (`/proc/x`: mkdir says ENOENT, as if the parent were missing).
 */
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Does nothing where it is there already.
 * @param mode of each directory that is made
 * @throws the system's error when it cannot be made, also when something else has its name
 */
export function makeDirectory(path: string, mode = 0o777): void {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    if (isDirectory(path)) return;
    const parent = dirname(path);
    const lacksParent = (error as NodeJS.ErrnoException).code === 'ENOENT' && !existsSync(parent);
    if (!lacksParent || parent === path) throw error;
    makeDirectory(parent, mode);
    makeDirectory(path, mode);
  }
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
