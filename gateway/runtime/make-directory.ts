/**
 * Makes a directory and its missing parents. Node's own `recursive` never ends, without an error, for a parent that
 * exists but cannot contain it (`/proc/x`: mkdir reports ENOENT, as if the parent were missing).
 */
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Does nothing if the directory exists.
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
