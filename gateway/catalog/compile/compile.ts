/**
 * Source files -> one immutable Catalog, or every error in them at once.
 *
 * In stages, each on the ones before: contracts with their schemas, agencies with their systems, agreements and issuers, and
 * the maps that calls are looked up in. A file that is wrong is left out and its errors kept, so that one mistake does not hide
 * the next. A stage whose files are those of the catalogue before is not done again, nor is an agreement's: the grants
 * of an agreement that did not change are the very same objects, and what is made of them goes on.
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

export interface Sources {
  readonly schemas: readonly SourceFile[];
  /** Schemas of the catalogue's own files (`schemas/catalog`). */
  readonly shapes: readonly SourceFile[];
  readonly services: readonly SourceFile[];
  readonly agencies: readonly SourceFile[];
  readonly agreements: readonly SourceFile[];
  readonly issuers: readonly SourceFile[];
  /** Public key sets of systems whose agency file names none, by system id. */
  readonly clientKeys: readonly SourceFile[];
  /** Files in the catalogue's directories that are not read: each is an error. */
  readonly strays: readonly SourceFile[];
}

/** SHA-256 over all files, hex: names the catalogue that they make. */
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

/** Compiles catalogues one after the other. One compilation at a time. */
export interface Compiler {
  /** Rejects with CatalogError. Lets others have their turn all the while. */
  compile(sources: Sources): Promise<Catalog>;
  /**
   * Gives the files of sources that were compiled their values with defaults, also those of stages that were kept, which
   * nobody has looked at: what is remembered of them must be whole.
   */
  complete(sources: Sources): Promise<void>;
}

/** A stage, and of which files it is. */
interface Done<T> {
  readonly digest: string;
  readonly value: T;
}

/** @param offers what each registry's adapter serves; what is left out is not held against any */
export function createCompiler(offers: Offers = anyOffer): Compiler {
  let shapes: Done<Shape> | undefined;
  let contracts: Done<Contracts> | undefined;
  let parties: Done<Parties> | undefined;
  /** By text; of these contracts and parties. */
  let agreements = new Map<string, CompiledAgreement>();

  return {
    async compile(sources) {
      const findings: Finding[] = [];
      const report = (finding: Finding) => void findings.push(finding);
      const yieldToEventLoop = createYieldToEventLoop();
      for (const stray of sources.strays) stray.findings.forEach(report);

      const stage = async <T>(
        before: Done<T> | undefined,
        files: readonly SourceFile[],
        work: () => T | Promise<T>,
      ): Promise<Done<T>> => {
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
      if (findings.length > 0) throw new CatalogError(sortFindings(findings));

      // Only what is sound is kept: what was found wrong must be found again.
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

/** Causes first: an agreement may be wrong only because a contract is, and a contract because its schema is. */
const causes = ['schemas/catalog', 'schemas', 'services', 'agencies', 'client-keys', 'agreements', 'issuers'];

function sortFindings(findings: readonly Finding[]): Finding[] {
  const rank = ({ file }: Finding) => causes.indexOf(file.slice(0, Math.max(0, file.lastIndexOf('/'))));
  // Many contracts share a schema: what is wrong with it is one error.
  const distinct = new Map(findings.map((finding) => [formatFinding(finding), finding])).values();
  return [...distinct].sort((a, b) => rank(a) - rank(b) || a.file.localeCompare(b.file) || a.line - b.line);
}
