/**
 * Caches sound catalogues, so that they are not parsed and checked again: the values are kept in a file, named by the digest of
 * all sources, of the compiler itself, and of the adapters' operations.
 *
 * The file is one line of HMAC-SHA-256 and, in the order of the sources, one line of JSON for each. An attacker who can write
 * into the directory but does not know the key can only cause a miss; so can a faulty disk.
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
  /** Gives the files their values if exactly this catalogue is cached. Never rejects. */
  recall(sources: Sources): Promise<boolean>;
  /** Remembers the values of sound sources. Never rejects. */
  remember(sources: Sources): Promise<void>;
}

export interface CatalogCacheOptions {
  readonly directory: string;
  readonly key: Buffer;
  readonly log: Log;
  /** The adapters' operations, which contracts are checked against; without them, none. */
  readonly offers?: Offers;
  /** Digest of the compiler; that of the running code by default. */
  readonly compiler?: string;
}

const SUFFIX = '.catalogue';
/** Catalogues kept: this one and the one before, for a rollback. */
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
          // A catalogue with values that JSON lacks (.inf) is not cached.
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
