/**
 * One directory of the catalogue: the files that are read, and those that nobody would read. A file with another name is an
 * error and not a silence: an agreement that was renamed to `.yml` would have ended.
 */
import type { Dirent } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { inBatches } from '../../runtime/in-batches.ts';
import { CatalogError } from './catalog-error.ts';
import { SourceFile } from './document.ts';
import { fileSystemName } from './file-system-name.ts';
import { decodeText } from './utf8.ts';

export interface Directory {
  readonly path: string;
  /** As findings name it: `agreements`; none for files at the top. */
  readonly name: string;
  /** What its files end with; none: it holds directories alone. */
  readonly suffix?: string;
  /** Directories that belong here, and are read by themselves. */
  readonly directories?: readonly string[];
  /** What the names of further files that belong here end with. */
  readonly beside?: string;
  /** Is what is named otherwise none of the catalogue's business? Keys may lie in a directory that has other purposes. */
  readonly shared?: boolean;
  /** Need not be there. */
  readonly optional?: boolean;
}

/** Names that no agreement has: of git, of a file system, of a desktop. Every other that begins with a dot is somebody's file. */
const IGNORED = /^(\.git(ignore|keep|attributes)?|lost\+found|\.DS_Store|Thumbs\.db|desktop\.ini)$/;

/** Kubernetes' volumes hold their files in a directory (`..2026_01_01_…`), to which the link `..data` leads. */
const VOLUME = /^\.\.(data(_tmp)?|\d{4}_[\w.-]+)$/;
const VOLUME_LINK = /^\.\.data(_tmp)?$/;

/** In a directory that has other purposes too, what somebody may mean for a key set. */
const NAMES_A_KEY = /jwk|\.json$/i;

/** What reading a name may say of the name; any other failure is one of the machine, and worth another try. */
const failures: Readonly<Record<string, string>> = {
  ENOENT: 'leads nowhere',
  ENOTDIR: 'leads nowhere',
  ELOOP: 'is a link that leads in circles',
  EACCES: 'cannot be read: permission is denied',
  EPERM: 'cannot be read: permission is denied',
  EISDIR: 'is a directory, and only files are read here',
};

/** @throws CatalogError when the directory cannot be read */
export async function readDirectory(
  directory: Directory,
): Promise<{ files: SourceFile[]; strays: SourceFile[] }> {
  const entries = await list(directory);
  const { suffix, beside, shared, directories = [] } = directory;
  const strays: SourceFile[] = [];
  const wanted: Dirent[] = [];
  const byFolded = new Map<string, string>();
  for (const entry of entries) {
    const { name } = entry;
    if (isIgnored(entry) || directories.includes(name)) continue;
    if (shared && (entry.isDirectory() || !NAMES_A_KEY.test(name))) continue;
    if (beside !== undefined && name.endsWith(beside) && !entry.isDirectory()) continue;
    if (suffix === undefined || !name.endsWith(suffix) || name === suffix) {
      strays.push(stray(directory, name, refusal(directory, entry)));
      continue;
    }
    const other = byFolded.get(fileSystemName(name));
    if (other !== undefined)
      strays.push(
        stray(
          directory,
          name,
          `has the name of ${other} but for case or accents: some file systems keep one`,
        ),
      );
    byFolded.set(fileSystemName(name), name);
    wanted.push(entry);
  }
  return { files: await inBatches(wanted, (entry) => read(directory, entry)), strays };
}

/** Names of the directories in a directory that can be read, without those that Kubernetes and others make. */
export async function directoriesIn(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && !isIgnored(entry))
    .map(({ name }) => name)
    .sort();
}

/** By what it is, and not by its name alone: a file that is named like a volume is somebody's agreement. */
function isIgnored(entry: Dirent): boolean {
  const { name } = entry;
  if (VOLUME.test(name)) return entry.isDirectory() || (entry.isSymbolicLink() && VOLUME_LINK.test(name));
  return IGNORED.test(name);
}

async function list({ path, name, optional }: Directory): Promise<Dirent[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    if (optional && codeOf(error) === 'ENOENT') return [];
    const message = `directory ${path} cannot be read`;
    throw new CatalogError([{ file: name || path, line: 1, message }]);
  }
}

function refusal({ suffix, directories = [] }: Directory, { name }: Dirent): string {
  const here = [
    ...(suffix === undefined ? [] : [`files named *${suffix}`]),
    ...(directories.length === 0 ? [] : [`the directories ${directories.join(', ')}`]),
  ].join(' and ');
  const meant = suffix && meansToBeRead[suffix]?.exec(name)?.[1];
  const remedy = meant ? `rename it to ${meant}${suffix}, or move it` : 'move it';
  return `is not read: here are ${here} alone; ${remedy} out of the catalogue`;
}

/** Names that somebody means to be read, without what they end with. */
const meansToBeRead: Readonly<Record<string, RegExp>> = {
  '.yaml': /^([^.].*)\.(?:ya?ml|json)$/i,
  '.schema.json': /^([^.].*?)(?:\.schema)?\.(?:ya?ml|json)$/i,
};

async function read(directory: Directory, entry: Dirent): Promise<SourceFile> {
  const file = nameOf(directory, entry.name);
  const path = join(directory.path, entry.name);
  try {
    // Of a pipe there would be no end.
    const regular = entry.isFile() || (entry.isSymbolicLink() && (await stat(path)).isFile());
    if (!regular && !entry.isDirectory()) return broken(file, 1, 'is no regular file');
    const bytes = await readFile(path);
    const decoded = decodeText(bytes);
    if ('text' in decoded) return new SourceFile(file, decoded.text);
    return broken(file, decoded.line, decoded.message, bytes.toString('latin1'));
  } catch (error) {
    const message = failures[codeOf(error) ?? ''];
    if (message === undefined) throw error;
    return broken(file, 1, message);
  }
}

function stray(directory: Directory, name: string, message: string): SourceFile {
  return broken(nameOf(directory, name), 1, message);
}

function broken(file: string, line: number, message: string, text = ''): SourceFile {
  return new SourceFile(file, text, [{ file, line, message }]);
}

function nameOf({ name }: Directory, file: string): string {
  return name === '' ? file : `${name}/${file}`;
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
