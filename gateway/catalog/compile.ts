/**
 * Source files -> one immutable Catalog, or every error in them at once.
 *
 * Order: schemas, services (which need schemas), streams, agencies, agreements and issuers (which need these). A file that
 * is wrong is left out and its errors kept, so that one mistake does not hide the next.
 */
import { createHash } from 'node:crypto';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { type AgencySource, agencyOf } from './agency.ts';
import { compileAgreement } from './agreement.ts';
import type {
  Agency,
  Agreement,
  Catalog,
  Grant,
  Issuer,
  Service,
  Stream,
  StreamGrant,
  System,
} from './catalog.ts';
import { type Compilation, createValidators } from './compilation.ts';
import type { Finding, SourceFile } from './document.ts';
import { addFormats } from './formats.ts';
import { type IssuerSource, issuerOf } from './issuer.ts';
import { compileService, compileStream, type ServiceSource } from './service.ts';

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
}

/** The catalogue cannot be used; `findings` are all of its errors. */
export class CatalogError extends Error {
  override readonly name = 'CatalogError';
  readonly findings: readonly Finding[];
  constructor(findings: readonly Finding[]) {
    super(`${findings.length} error(s) in the catalogue:\n${findings.map(formatFinding).join('\n')}`);
    this.findings = findings;
  }
}

/** `agreements/tax.yaml:12: field "/x" is not in the contract`, the form that editors and CI understand. */
export function formatFinding(finding: Finding): string {
  return `${finding.file}:${finding.line}: ${finding.message}`;
}

/** SHA-256 over all files, hex: names the catalogue that they make. */
export function digestOf(sources: Sources): string {
  const digest = createHash('sha256');
  for (const file of Object.values(sources).flat()) digest.update(`${file.file}\0${file.text}\0`);
  return digest.digest('hex');
}

/** @throws CatalogError */
export function compileCatalog(sources: Sources): Catalog {
  const findings: Finding[] = [];
  const report = (finding: Finding) => void findings.push(finding);
  for (const file of Object.values(sources).flat()) for (const finding of file.findings) report(finding);

  const schemaFiles = new Map(sources.schemas.map((file) => [file.file.replace(/^.*\//, ''), file]));
  const schemas = new Map<string, object>();
  for (const [name, file] of schemaFiles) {
    if (!(file.value instanceof Object)) continue;
    if (!('$id' in file.value) || file.value.$id !== name)
      report(file.finding('/$id', `$id must be "${name}"`));
    else schemas.set(name, file.value);
  }
  const validators = createValidators(schemas);
  const compilation: Compilation = { schemas, schemaFiles, validators, report };
  const shapes = compileShapes(sources.shapes);
  const shaped = <T>(kind: string, files: readonly SourceFile[]): { file: SourceFile; value: T }[] =>
    files.flatMap((file) => {
      const validate = shapes.get(kind)!;
      if (file.value === undefined && file.findings.length > 0) return [];
      // ajv fills defaults in, so the shape is checked on a copy that is then used.
      const value = structuredClone(file.value);
      if (validate(value)) return [{ file, value: value as T }];
      for (const error of validate.errors ?? []) report(file.finding(placeOf(error), messageOf(error)));
      return [];
    });

  const services = new Map<string, Service>();
  const routes = new Map<string, string>();
  const streams = new Map<string, Stream>();
  for (const { file, value } of shaped<ServiceSource>('service', sources.services)) {
    const service = compileService(value, file, compilation);
    if (!service) continue;
    const route = `${service.method} ${service.path.replaceAll(/\{\w+\}/g, '{}')}`;
    if (services.has(service.key)) report(file.finding('/service', `${service.key} is defined twice`));
    if (routes.has(route)) report(file.finding('/path', `${route} is the route of ${routes.get(route)} too`));
    services.set(service.key, service);
    routes.set(route, service.key);
    const stream = compileStream(value, file, compilation);
    if (stream) streams.set(stream.name, stream);
  }

  const agencies = new Map<string, Agency>();
  const systems = new Map<string, System>();
  const clientKeys = new Map(
    sources.clientKeys.map((file) => [file.file.replace(/^.*\/|\.jwks\.json$/g, ''), file]),
  );
  for (const { file, value } of shaped<AgencySource>('agency', sources.agencies)) {
    const { agency, systems: own } = agencyOf(value, file, clientKeys, report);
    if (agencies.has(agency.code)) report(file.finding('/agency', `agency ${agency.code} is defined twice`));
    agencies.set(agency.code, agency);
    own.forEach((system, index) => {
      if (systems.has(system.id))
        report(file.finding(`/systems/${index}`, `system ${system.id} is defined twice`));
      systems.set(system.id, system);
    });
  }

  const agreements = new Map<string, Agreement>();
  const grants = new Map<string, Map<string, Grant[]>>();
  const streamGrants: StreamGrant[] = [];
  const feeds = new Map<string, Map<string, StreamGrant[]>>();
  for (const { file, value } of shaped<Parameters<typeof compileAgreement>[0]>(
    'agreement',
    sources.agreements,
  )) {
    const compiled = compileAgreement(value, file, { ...compilation, services, streams, agencies, systems });
    if (agreements.has(compiled.agreement.number)) {
      report(file.finding('/agreement', `agreement ${compiled.agreement.number} is defined twice`));
    }
    agreements.set(compiled.agreement.number, compiled.agreement);
    streamGrants.push(...compiled.streamGrants);
    for (const system of compiled.systems) {
      for (const grant of compiled.streamGrants) addTo(feeds, system, grant.stream.registry, grant);
      const ofSystem = grants.get(system) ?? new Map<string, Grant[]>();
      grants.set(system, ofSystem);
      for (const grant of compiled.grants) {
        const others = ofSystem.get(grant.service.key) ?? [];
        const rival = others.find((other) => overlaps(other.agreement, grant.agreement));
        if (rival) {
          report(
            file.finding(
              '/purposes',
              `${system} has ${grant.service.key} for the same purpose and time by ${rival.agreement.number}`,
            ),
          );
        }
        ofSystem.set(grant.service.key, [...others, grant]);
      }
    }
  }

  const issuers = new Map<string, Issuer>();
  for (const { file, value } of shaped<IssuerSource>('issuer', sources.issuers)) {
    const issuer = issuerOf(value, file, { agencies, systems, services, streams }, report);
    if (issuers.has(issuer.url)) report(file.finding('/issuer', `issuer ${issuer.url} is defined twice`));
    issuers.set(issuer.url, issuer);
  }

  if (findings.length > 0) throw new CatalogError(sortFindings(findings));
  return Object.freeze({
    digest: digestOf(sources),
    services,
    streams,
    agencies,
    systems,
    agreements,
    grants,
    streamGrants,
    feeds,
    issuers,
    schemas,
  });
}

function addTo<T>(map: Map<string, Map<string, T[]>>, one: string, two: string, value: T): void {
  const inner = map.get(one) ?? new Map<string, T[]>();
  map.set(one, inner);
  const list = inner.get(two);
  if (list) list.push(value);
  else inner.set(two, [value]);
}

/** Two agreements that would both decide one call: the gateway would have to guess. */
function overlaps(one: Agreement, other: Agreement): boolean {
  return (
    one.validFrom < other.validUntil &&
    other.validFrom < one.validUntil &&
    one.purposes.some((purpose) => other.purposes.includes(purpose))
  );
}

function compileShapes(files: readonly SourceFile[]): Map<string, ValidateFunction> {
  const ajv = new Ajv2020({ allErrors: true, useDefaults: true, strict: true, strictRequired: false });
  addFormats(ajv);
  for (const file of files) ajv.addSchema(file.value as object);
  const kinds = ['service', 'agency', 'agreement', 'issuer'];
  return new Map(kinds.map((kind) => [kind, ajv.getSchema(`catalog/${kind}.schema.json`)!]));
}

/** Where an ajv error stands in the source: an unknown property stands at the property, not at its object. */
function placeOf(error: ErrorObject): string {
  const { additionalProperty } = error.params as { additionalProperty?: string };
  return additionalProperty === undefined
    ? error.instancePath
    : `${error.instancePath}/${additionalProperty}`;
}

function messageOf(error: ErrorObject): string {
  const { additionalProperty, allowedValues } = error.params as {
    additionalProperty?: string;
    allowedValues?: unknown[];
  };
  if (additionalProperty !== undefined) return `unknown property "${additionalProperty}"`;
  const values = allowedValues ? `: ${allowedValues.join(', ')}` : '';
  return `${error.instancePath || '/'} ${error.message ?? error.keyword}${values}`;
}

function sortFindings(findings: readonly Finding[]): Finding[] {
  return [...findings].sort((a, b) => a.file.localeCompare(b.file) || a.line - b.line);
}
