/**
 * A catalogue that was found sound once is not read and checked again: its values are kept in a file, named by the
 * digest of all its sources and of the compiler itself.
 *
 * The file is one line of HMAC-SHA-256 and, in the order of the sources, one line of JSON for each. Whoever may write
 * into the directory and does not know the key can make a miss, and nothing else; so can a disk that lies.
 */
import { createHmac, hash, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { findPackageJSON } from 'node:module';
import { join } from 'node:path';
import { makeDirectory } from '../make-directory.ts';
import type { Log } from '../operations/log.ts';
import { createBreathe } from './breathe.ts';
import { digestOf, type Sources } from './compile.ts';
import { isJson } from './document.ts';

export interface CatalogCache {
  /** Gives the files their values if this very catalogue is known to be sound. Never rejects. */
  recall(sources: Sources): Promise<boolean>;
  /** Remembers the values of sound sources. Never rejects. */
  remember(sources: Sources): Promise<void>;
}

export interface CatalogCacheOptions {
  readonly directory: string;
  readonly key: Buffer;
  readonly log: Log;
}

const SUFFIX = '.catalogue';
/** This catalogue and the one before: for whoever goes back. */
const KEPT = 2;

export async function openCatalogCache({ directory, key, log }: CatalogCacheOptions): Promise<CatalogCache> {
  const compiler = await compilerDigest();
  const pathOf = (sources: Sources) =>
    join(directory, `${hash('sha256', `${compiler}${digestOf(sources)}`)}${SUFFIX}`);
  const sealOf = (lines: string) => createHmac('sha256', key).update(lines).digest();

  return {
    async recall(sources) {
      const text = await readFile(pathOf(sources), 'utf8').catch(() => undefined);
      if (text === undefined) return false;
      const end = text.indexOf('\n');
      const seal = Buffer.from(text.slice(0, end), 'hex');
      const lines = text.slice(end + 1);
      const expected = sealOf(lines);
      if (seal.length !== expected.length || !timingSafeEqual(seal, expected)) {
        log.warn({ directory }, 'a kept catalogue is damaged: the files are read instead');
        return false;
      }
      const files = Object.values(sources).flat();
      lines.split('\n').forEach((line, index) => void files[index]?.adopt(line));
      return true;
    },

    async remember(sources) {
      try {
        const breathe = createBreathe();
        const lines: string[] = [];
        for (const { value } of Object.values(sources).flat()) {
          await breathe();
          // YAML has values that JSON has not (.inf): such a catalogue is read each time.
          if (!isJson(value)) return;
          lines.push(JSON.stringify(value));
        }
        const text = lines.join('\n');
        const path = pathOf(sources);
        makeDirectory(directory, 0o700);
        const partial = `${path}.${process.pid}`;
        await writeFile(partial, `${sealOf(text).toString('hex')}\n${text}`, { mode: 0o600 });
        await rename(partial, path);
        await forgetOthers(directory);
      } catch (error) {
        log.warn(
          { variable: 'CATALOGUE_CACHE_DIR', err: error, directory },
          'the catalogue cannot be kept for the next start',
        );
      }
    },
  };
}

/** What a catalogue is compiled by: this directory, the rules of values that it uses, and what stands between. */
const SOURCES = ['.', '..', '../../adapters'];
/** Packages that read files, compile schemas and prove patterns. */
const PACKAGES = ['ajv', 'ajv-formats', 'js-yaml', 'redos-detector'];

/**
 * Another compiler may find other mistakes, or give other defaults. A schema that was kept is compiled when it is first
 * needed, by the compiler that found it sound.
 */
async function compilerDigest(): Promise<string> {
  const directories = SOURCES.map((path) => join(import.meta.dirname, path));
  const texts = await Promise.all(directories.map(readSourceTexts));
  const versions = PACKAGES.map((name) => readFileSync(findPackageJSON(name, import.meta.url)!, 'utf8'));
  return hash('sha256', [process.version, ...versions, ...texts.flat()].join('\0'));
}

async function readSourceTexts(directory: string): Promise<string[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.ts')).sort();
  return Promise.all(names.map((name) => readFile(join(directory, name), 'utf8')));
}

async function forgetOthers(directory: string): Promise<void> {
  const names = (await readdir(directory)).filter((name) => name.endsWith(SUFFIX));
  const ages = await Promise.all(
    names.map(async (name) => ({ name, at: (await stat(join(directory, name))).mtimeMs })),
  );
  const old = ages.sort((a, b) => b.at - a.at).slice(KEPT);
  await Promise.all(old.map(({ name }) => rm(join(directory, name), { force: true })));
}
