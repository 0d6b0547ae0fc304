/** Issuer files -> Issuers: external OAuth servers whose tokens are accepted, and their agencies. */

import type { Agency, Issuer, Service, Stream, System } from '../catalog.ts';
import { missing } from '../check/left-out.ts';
import type { Shape } from '../check/shapes.ts';
import { normaliseAgencyCode } from '../formats/agency-code.ts';
import { streamScopes } from '../grant/stream-scopes.ts';
import { escapePointer, type Finding, type SourceFile } from '../read/document.ts';

/** As `schemas/catalog/issuer.schema.json` describes it. */
interface IssuerSource {
  readonly issuer: string;
  readonly name: { readonly vi: string; readonly en: string };
  readonly agencies: readonly string[];
  readonly algorithms: readonly string[];
  readonly types: readonly string[];
  readonly audience?: string;
  readonly maxLifetimeMinutes: number;
  readonly clients: {
    readonly claim: string;
    readonly systems?: Readonly<Record<string, string>>;
    readonly pattern?: string;
  };
  readonly agencyClaim?: string;
  readonly scopes?: {
    readonly claim: string;
    readonly names?: Readonly<Record<string, readonly string[]>>;
  };
}

interface Known {
  readonly agencies: ReadonlyMap<string, Agency>;
  readonly systems: ReadonlyMap<string, System>;
  readonly services: ReadonlyMap<string, Service>;
  readonly streams: ReadonlyMap<string, Stream>;
  readonly leftOut: readonly SourceFile[];
  readonly unreadable: readonly SourceFile[];
  report(finding: Finding): void;
}

/** A client id that may replace `{client}`. */
const clientName = /^[a-z0-9-]{1,60}$/;

/** @returns by issuer URL */
export function compileIssuers(
  files: readonly SourceFile[],
  shape: Shape,
  known: Known,
): ReadonlyMap<string, Issuer> {
  const issuers = new Map<string, Issuer>();
  for (const file of files) {
    const source = shape<IssuerSource>('issuer', file, known.report);
    if (!source) continue;
    const issuer = issuerOf(source, file, known);
    if (issuers.has(issuer.url))
      known.report(file.finding('/issuer', `issuer ${issuer.url} is defined twice`));
    issuers.set(issuer.url, issuer);
  }
  return issuers;
}

function issuerOf(
  source: IssuerSource,
  file: SourceFile,
  { agencies, systems, services, streams, leftOut, unreadable, report }: Known,
): Issuer {
  const speaksFor = source.agencies.map(normaliseAgencyCode);
  speaksFor.forEach((code, index) => {
    if (agencies.has(code)) return;
    report(missing(file.finding(`/agencies/${index}`, `there is no agency ${code}`), code, unreadable));
  });
  const { claim, systems: table = {}, pattern } = source.clients;
  for (const [client, id] of Object.entries(table)) {
    const at = `/clients/systems/${escapePointer(client)}`;
    const agency = systems.get(id)?.agency.code;
    if (agency === undefined) report(missing(file.finding(at, `there is no system ${id}`), id, unreadable));
    else if (!speaksFor.includes(agency)) {
      report(file.finding(at, `${id} is of ${agency}, for which the issuer does not speak`));
    }
  }
  if (pattern !== undefined && !speaksFor.some((code) => pattern.startsWith(`${code}.`))) {
    report(file.finding('/clients/pattern', 'begins with no agency for which the issuer speaks'));
  }
  const scopes = new Set([
    ...[...services.values()].map(({ name }) => name),
    ...[...streams.values()].flatMap(({ registry }) => streamScopes(registry)),
  ]);
  const names = source.scopes?.names;
  for (const [name, meanings] of Object.entries(names ?? {})) {
    for (const meaning of meanings) {
      if (scopes.has(meaning)) continue;
      const at = `/scopes/names/${escapePointer(name)}`;
      const finding = file.finding(at, `${meaning} is not the name of a service or a change stream`);
      report(missing(finding, meaning.replace(/\w+\.read$/, 'changes.publish'), leftOut));
    }
  }

  const ids = new Map(Object.entries(table));
  const meanings = names && new Map(Object.entries(names));
  return {
    url: source.issuer,
    agencies: new Set(speaksFor),
    algorithms: source.algorithms,
    types: source.types.map((type) => type.toLowerCase()),
    audience: source.audience,
    maxLifetime: source.maxLifetimeMinutes * 60,
    clientClaim: claim,
    systemOf: (client) =>
      ids.get(client) ??
      (pattern && clientName.test(client) ? pattern.replace('{client}', client) : undefined),
    agencyClaim: source.agencyClaim,
    scopeClaim: source.scopes?.claim ?? 'scope',
    scopesOf: (name) => (meanings ? (meanings.get(name) ?? []) : [name]),
  };
}
