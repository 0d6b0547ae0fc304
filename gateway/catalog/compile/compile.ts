/**
 * Source files -> one immutable Catalog, or all of their errors together.
 *
 * The compiler works in stages, each based on the ones before: contracts with their schemas, agencies with their systems,
 * agreements and issuers, and the maps for the look-ups of calls. A file with errors is left out and its errors kept, so that
 * one mistake does not hide the next. A stage or an agreement with unchanged files is not compiled again: the grants of an
 * unchanged agreement stay the same objects, so everything keyed by them stays valid.
 */
import { createHash } from 'node:crypto';
import type { Offers } from '../../../adapters/offers.ts';
import { createYieldToEventLoop, type YieldToEventLoop } from '../../runtime/yield-to-event-loop.ts';
import type { Catalog } from '../catalog.ts';
import { compileShapes, type Kind, type Shape } from '../check/shapes.ts';
import { CatalogError, formatFinding } from '../read/catalog-error.ts';
import type { Finding, SourceFile } from '../read/document.ts';
import { type AgreementSource, type CompiledAgreement, compileAgreement } from './agreement.ts';
import { type Contracts, compileContracts } from './contracts.ts';
import { createGrantIndex } from './grants.ts';
import { compileIssuers } from './issuer.ts';
import { compileParties, type Parties } from './parties.ts';
import { anyOffer } from './served.ts';
import { compileTranslations } from './translations.ts';

export interface Sources {
  readonly schemas: readonly SourceFile[];
  /** Schemas of the catalogue's own files (`schemas/catalog`). */
  readonly shapes: readonly SourceFile[];
  /** The schemas' texts in Vietnamese (`schemas/vietnamese`). */
  readonly translations: readonly SourceFile[];
  readonly services: readonly SourceFile[];
  readonly agencies: readonly SourceFile[];
  readonly agreements: readonly SourceFile[];
  readonly issuers: readonly SourceFile[];
  /** Public key sets of systems whose agency file names none, by system id. */
  readonly clientKeys: readonly SourceFile[];
  /** Files in the catalogue's directories that the gateway does not read: each is an error. */
  readonly strays: readonly SourceFile[];
}

/** SHA-256 over all files, hex: the catalogue's name. */
export function digestOf(sources: Sources): string {
  const known = digests.get(sources);
  if (known !== undefined) return known;
  const digest = digestOfFiles(Object.values(sources).flat());
  digests.set(sources, digest);
  return digest;
}

const digests = new WeakMap<Sources, string>();

function digestOfFiles(files: readonly SourceFile[]): string {
  const digest = createHash('sha256');
  for (const { file, text } of files) digest.update(`${file}\0${text}\0`);
  return digest.digest('hex');
}

/** Compiles catalogues, one at a time. */
export interface Compiler {
  /** Rejects with CatalogError. Yields to the event loop regularly. */
  compile(sources: Sources): Promise<Catalog>;
  /**
   * Gives all files of compiled sources their values with defaults, also those of stages that were not compiled again: the
   * cache needs every value.
   */
  complete(sources: Sources): Promise<void>;
}

/** The result of a stage, and its files. */
interface StageResult<T> {
  readonly digest: string;
  readonly value: T;
}

/** @param offers the operations of each registry's adapter; without a registry's, its contracts are not checked */
export function createCompiler(offers: Offers = anyOffer): Compiler {
  let shapes: StageResult<Shape> | undefined;
  let contracts: StageResult<Contracts> | undefined;
  let parties: StageResult<Parties> | undefined;
  /** By text; valid for these contracts and parties. */
  let agreements = new Map<string, CompiledAgreement>();

  return {
    async compile(sources) {
      const findings: Finding[] = [];
      const report = (finding: Finding) => void findings.push(finding);
      const yieldToEventLoop = createYieldToEventLoop();
      for (const stray of sources.strays) stray.findings.forEach(report);

      const stage = async <T>(
        before: StageResult<T> | undefined,
        files: readonly SourceFile[],
        work: () => T | Promise<T>,
      ): Promise<StageResult<T>> => {
        const digest = digestOfFiles(files);
        return before?.digest === digest ? before : { digest, value: await work() };
      };
      const shapesNow = await stage(shapes, sources.shapes, () => compileShapes(sources.shapes, report));
      const shape = shapesNow.value;
      const contractsNow = await stage(
        contracts,
        [...sources.shapes, ...sources.schemas, ...sources.services],
        () => compileContracts(sources, shape, report, yieldToEventLoop, offers),
      );
      const partiesNow = await stage(
        parties,
        [...sources.shapes, ...sources.agencies, ...sources.clientKeys],
        () => compileParties(sources, shape, report),
      );
      const reusable = contractsNow === contracts && partiesNow === parties ? agreements : new Map();
      const around = { ...contractsNow.value, ...partiesNow.value, report };
      const compiled = await compileAgreements(sources.agreements, shape, around, reusable, yieldToEventLoop);

      const index = createGrantIndex(report);
      for (const { file, value } of compiled) index.add(value, file);
      const issuers = compileIssuers(sources.issuers, shape, around);
      const translations = compileTranslations(sources.translations, report);
      if (findings.length > 0) throw new CatalogError(sortFindings(findings));

      // Only sound stages are kept: the next compilation must find the errors of the others again.
      [shapes, contracts, parties] = [shapesNow, contractsNow, partiesNow];
      agreements = new Map(compiled.map(({ file, value }) => [file.text, value]));
      const { schemas, services, streams } = contractsNow.value;
      const { agencies, systems } = partiesNow.value;
      const { grants, feeds, streamGrants } = index;
      return Object.freeze({
        digest: digestOf(sources),
        services,
        streams,
        agencies,
        systems,
        agreements: index.agreements,
        grants,
        streamGrants,
        feeds,
        issuers,
        schemas,
        translations,
        warnings: sortFindings(compiled.flatMap(({ value }) => value.warnings)),
      });
    },

    async complete({ services, agencies, agreements, issuers }) {
      const shape = shapes?.value;
      const yieldToEventLoop = createYieldToEventLoop();
      for (const [kind, files] of Object.entries({
        service: services,
        agency: agencies,
        agreement: agreements,
        issuer: issuers,
      })) {
        for (const file of files) {
          await yieldToEventLoop();
          shape?.(kind as Kind, file, () => {});
        }
      }
    },
  };
}

async function compileAgreements(
  files: readonly SourceFile[],
  shape: Shape,
  around: Contracts & Parties & { report(finding: Finding): void },
  reusable: ReadonlyMap<string, CompiledAgreement>,
  yieldToEventLoop: YieldToEventLoop,
): Promise<{ readonly file: SourceFile; readonly value: CompiledAgreement }[]> {
  const compiled: { file: SourceFile; value: CompiledAgreement }[] = [];
  for (const file of files) {
    await yieldToEventLoop();
    const known = reusable.get(file.text);
    const source = known ? undefined : shape<AgreementSource>('agreement', file, around.report);
    const value = known ?? (source && compileAgreement(source, file, around));
    if (value) compiled.push({ file, value });
  }
  return compiled;
}

/** Causes first: a broken schema may break a contract, and a broken contract an agreement. */
const causes = ['schemas/catalog', 'schemas', 'services', 'agencies', 'client-keys', 'agreements', 'issuers'];

function sortFindings(findings: readonly Finding[]): Finding[] {
  const rank = ({ file }: Finding) => causes.indexOf(file.slice(0, Math.max(0, file.lastIndexOf('/'))));
  // Contracts that share a schema would report each of its errors again.
  const distinct = new Map(findings.map((finding) => [formatFinding(finding), finding])).values();
  return [...distinct].sort((a, b) => rank(a) - rank(b) || a.file.localeCompare(b.file) || a.line - b.line);
}
