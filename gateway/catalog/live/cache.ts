/**
 * A catalogue that was found sound once is not read and checked again: its values are kept in a file, named by the
 * digest of all its sources, of the compiler itself, and of what the adapters serve.
 *
 * The file is one line of HMAC-SHA-256 and, in the order of the sources, one line of JSON for each. Whoever may write
 * into the directory and does not know the key can make a miss, and nothing else; so can a disk that lies.
 */
import { createHmac, hash, timingSafeEqual } from 'node:crypto';
import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Offers } from '../../../adapters/offers.ts';
import { makeDirectory } from '../../runtime/make-directory.ts';
import { createYieldToEventLoop } from '../../runtime/yield-to-event-loop.ts';
import type { Log } from '../../telemetry/log.ts';
import { digestOf, type Sources } from '../compile/compile.ts';
import { isJson } from '../read/document.ts';
import { digestCompiler } from './compiler-digest.ts';

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
  /** What contracts are held against; without, nothing. */
  readonly offers?: Offers;
  /** Digest of the compiler; without, of the one that runs. */
  readonly compiler?: string;
}

const SUFFIX = '.catalogue';
/** This catalogue and the one before: for whoever goes back. */
const KEPT = 2;

export async function openCatalogCache(options: CatalogCacheOptions): Promise<CatalogCache> {
  const { directory, key, log, offers = new Map(), compiler = await digestCompiler() } = options;
  const judges = JSON.stringify([compiler, ...offers]);
  const pathOf = (sources: Sources) =>
    join(directory, `${hash('sha256', `${judges}${digestOf(sources)}`)}${SUFFIX}`);
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
        const yieldToEventLoop = createYieldToEventLoop();
        const lines: string[] = [];
        for (const { value } of Object.values(sources).flat()) {
          await yieldToEventLoop();
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

async function forgetOthers(directory: string): Promise<void> {
  const names = (await readdir(directory)).filter((name) => name.endsWith(SUFFIX));
  const ages = await Promise.all(
    names.map(async (name) => ({ name, at: (await stat(join(directory, name))).mtimeMs })),
  );
  const old = ages.sort((a, b) => b.at - a.at).slice(KEPT);
  await Promise.all(old.map(({ name }) => rm(join(directory, name), { force: true })));
}
