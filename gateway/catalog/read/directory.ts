/**
 * Reads one directory of the catalogue. A file that would not be read is an error: otherwise an agreement that is renamed to
 * `.yml` would end without a message.
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
  /** Its name in findings: `agreements`; empty for files at the top. */
  readonly name: string;
  /** The suffix of its files; none: it holds only directories. */
  readonly suffix?: string;
  /** Expected directories, which are read separately. */
  readonly directories?: readonly string[];
  /** The suffix of further expected files. */
  readonly beside?: string;
  /** Ignores files with other names: keys may lie in a directory that has other purposes. */
  readonly shared?: boolean;
  /** May be absent. */
  readonly optional?: boolean;
}

/** Files of git, of a file system, of a desktop. Any other name with a leading dot may be a catalogue file by mistake. */
const IGNORED = /^(\.git(ignore|keep|attributes)?|lost\+found|\.DS_Store|Thumbs\.db|desktop\.ini)$/;

/** A Kubernetes volume holds its files in a directory (`..2026_01_01_…`), to which the link `..data` leads. */
const VOLUME = /^\.\.(data(_tmp)?|\d{4}_[\w.-]+)$/;
const VOLUME_LINK = /^\.\.data(_tmp)?$/;

/** Names that are probably meant as key sets, in a shared directory. */
const NAMES_A_KEY = /jwk|\.json$/i;

/** Error codes that are faults of the file; any other is a fault of the machine, and worth another try. */
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

/** Names of the directories in a readable directory, without those that Kubernetes and others make. */
export async function directoriesIn(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && !isIgnored(entry))
    .map(({ name }) => name)
    .sort();
}

/** Checks the kind of entry too: a file that is named like a volume may be an agreement. */
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

/** Names without suffix that are probably meant to be read. */
const meansToBeRead: Readonly<Record<string, RegExp>> = {
  '.yaml': /^([^.].*)\.(?:ya?ml|json)$/i,
  '.schema.json': /^([^.].*?)(?:\.schema)?\.(?:ya?ml|json)$/i,
};

async function read(directory: Directory, entry: Dirent): Promise<SourceFile> {
  const file = nameOf(directory, entry.name);
  const path = join(directory.path, entry.name);
  try {
    // Reading a pipe may never end.
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
