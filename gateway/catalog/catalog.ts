/**
 * The catalogue: every contract, agreement and agency, compiled. Immutable; a request looks up and compiles nothing.
 *
 * These types are the catalogue's interface to the rest of the gateway. `catalog/live/load.ts` reads the files,
 * `catalog/compile/compile.ts` compiles them.
 */
import type { ValidateFunction } from 'ajv/dist/2020.js';
import type { NoCommunes } from './fields/communes.ts';
import type { FieldNode, FieldPath, Leaf } from './fields/fields.ts';
import type { Matching } from './fields/matching.ts';
import type { NamePlaces } from './fields/place-names.ts';
import type { Misplaced } from './fields/places.ts';
import type { ReadQuery } from './fields/query-values.ts';
import type { FieldSet } from './fields/selection.ts';
import type { Finding } from './read/document.ts';

export type { FieldPath, Leaf } from './fields/fields.ts';
export type { FieldSet } from './fields/selection.ts';

export interface Catalog {
  /** SHA-256 over all source files, hex: names this catalogue in logs, metrics and evidence. */
  readonly digest: string;
  /** Services by name and major version: `population.person.lookup@1`. */
  readonly services: ReadonlyMap<string, Service>;
  /** Change streams by scope name, `business.changes.read`. */
  readonly streams: ReadonlyMap<string, Stream>;
  readonly agencies: ReadonlyMap<string, Agency>;
  /** OAuth clients by id, `H26.motcua`. */
  readonly systems: ReadonlyMap<string, System>;
  readonly agreements: ReadonlyMap<string, Agreement>;
  /** Grants by system id and service key; several when agreements with different purposes name one service. */
  readonly grants: ReadonlyMap<string, ReadonlyMap<string, readonly Grant[]>>;
  /** Agreements compiled for the changes of registries. */
  readonly streamGrants: readonly StreamGrant[];
  /** Stream grants by system id and registry: the feeds that a system may read. */
  readonly feeds: ReadonlyMap<string, ReadonlyMap<string, readonly StreamGrant[]>>;
  /** External OAuth servers by their `iss`. */
  readonly issuers: ReadonlyMap<string, Issuer>;
  /** JSON Schema documents by file name (`person.schema.json`), as served under `/schemas/{name}`. */
  readonly schemas: ReadonlyMap<string, object>;
  /** The schemas' English descriptions in Vietnamese; texts that are missing stay English. */
  readonly translations: ReadonlyMap<string, string>;
  /** Valid entries that may be mistakes: for `lienthong check`. */
  readonly warnings: readonly Finding[];
}

/** A contract, compiled. */
export interface Service {
  /** `population.person.lookup@1` */
  readonly key: string;
  /** The key of the adapter's operation that performs it: its own, or that of a version with the same schemas. */
  readonly operation: string;
  /** The scope of tokens, for all versions: `population.person.lookup`. An agreement is of one version. */
  readonly name: string;
  readonly version: number;
  readonly registry: string;
  readonly kind: 'read' | 'publish' | 'write';
  readonly title: { readonly vi: string; readonly en: string };
  readonly description: { readonly vi: string; readonly en: string };
  readonly method: 'GET' | 'POST';
  /** Fastify's form: `/v1/land/parcels/:communeCode/:mapSheet/:parcelNumber`. */
  readonly route: string;
  /** The contract's form: `/v1/land/parcels/{communeCode}/{mapSheet}/{parcelNumber}`. */
  readonly path: string;
  /** Milliseconds for the whole upstream part. */
  readonly deadline: number;
  /** Bytes. */
  readonly bodyLimit: number;
  readonly requestSchema: object;
  readonly responseSchema: object;
  /** Both schemas as trees of fields. */
  readonly requestFields: FieldNode;
  readonly responseFields: FieldNode;
  /** For a GET: reads the path and the query as values of the request's types. */
  readonly readQuery: ReadQuery;
  readonly validateRequest: ValidateFunction;
  readonly validateResponse: ValidateFunction;
  /** Every leaf of the response, in the schema's order. */
  readonly leaves: readonly Leaf[];
  /** Request properties that filter by a response field: property pointer → response leaf it needs. */
  readonly criteria: readonly { readonly property: string; readonly field: FieldPath }[];
  /** For a service that writes: the entity whose state the service answers. */
  readonly entity: string | undefined;
  /** Pointers of the request properties that name the compared person (`/personalId`); empty: the service compares none. */
  readonly matchSubjects: readonly string[];
  /** Reads the person and the compared values from a request, to count failed matches. */
  readonly matching: Matching | undefined;
  /** For a list: the scope dimensions that restrict its rows before they are paged. */
  readonly scopedBy: readonly string[];
  /** Checks of which the contract only warns (`catalog/vocabulary/checks.ts`), sorted. */
  readonly warned: readonly string[];
  /** For a publish contract: the most by which a version may exceed the last known one. */
  readonly maxVersionStep: number | undefined;
  /** Example requests and answers of the contract, for the documents and the tests. */
  readonly examples: readonly Example[];
}

export interface Example {
  /** The caller's header fields in this example, as the table of circumstances names them. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly request: unknown;
  readonly response: unknown;
}

export interface Agency {
  readonly code: string;
  readonly name: { readonly vi: string; readonly en: string };
  /** The contact for requests for an agreement about the agency's data. */
  readonly contact?: Contact | undefined;
}

export interface Contact {
  readonly unit?: { readonly vi: string; readonly en: string };
  readonly email?: string;
  readonly phone?: string;
  readonly url?: string;
}

/** An information system of an agency: the OAuth client. */
export interface System {
  /** `H26.motcua` */
  readonly id: string;
  readonly agency: Agency;
  readonly name: { readonly vi: string; readonly en: string };
  /** Public keys inline, or fetched from an address. */
  readonly keys: { readonly jwks: { readonly keys: readonly JsonWebKey[] } } | { readonly jwksUri: string };
  /** Its only method of authentication at the token endpoint. */
  readonly authMethod: ClientAuthMethod;
  /** Its tokens must be bound to a DPoP key (RFC 9449), to its client certificate (RFC 8705), or need not be bound. */
  readonly binding?: 'dpop' | 'mtls' | undefined;
  /** Recognises its client certificate, which authenticates it or, beside a key, binds its tokens. */
  readonly certificate?: CertificateIdentity | undefined;
  /** Its principals in Kafka (`User:thue`); none: the gateway gives it no access to topics. */
  readonly kafkaPrincipals?: readonly string[] | undefined;
}

/** `token_endpoint_auth_method` of a client (RFC 7591, 2): the values that the gateway supports. */
export type ClientAuthMethod = 'private_key_jwt' | 'tls_client_auth' | 'self_signed_tls_client_auth';

/** RFC 8705: one name of the certificate (2.1.2), or the SHA-256 digests (base64url) of certificates (2.2). */
export type CertificateIdentity =
  | { readonly subjectDn: string }
  | { readonly sanDns: string }
  | { readonly sanUri: string }
  | { readonly sanIp: string }
  | { readonly sanEmail: string }
  | { readonly thumbprints: readonly string[] };

export interface JsonWebKey {
  readonly kty: string;
  readonly kid: string;
  readonly alg?: string;
  readonly [member: string]: unknown;
}

/** An external OAuth server whose access tokens are accepted. */
export interface Issuer {
  readonly url: string;
  /** It may issue tokens for the systems of these agencies. */
  readonly agencies: ReadonlySet<string>;
  readonly algorithms: readonly string[];
  /** `typ` of its tokens, in lower case. */
  readonly types: readonly string[];
  /** `undefined`: the gateway's own address. */
  readonly audience: string | undefined;
  /** Seconds from `iat` to `exp`. */
  readonly maxLifetime: number;
  readonly clientClaim: string;
  /** The id of the system for a client id of the issuer. */
  readonly systemOf: (client: string) => string | undefined;
  readonly agencyClaim: string | undefined;
  readonly scopeClaim: string;
  /** The scopes here for a scope of the issuer. */
  readonly scopesOf: (name: string) => readonly string[];
}

/** The terms that all grants of one agreement share. Rate and quota are counted per agreement. */
export interface Agreement {
  /** Its number: `TT-2026-H26-01`. Letters, digits and `-`: it also names topics. */
  readonly number: string;
  readonly title: { readonly vi: string; readonly en: string };
  /** A system id, or an agency code for all its systems. */
  readonly consumer: string;
  readonly purposes: readonly string[];
  readonly legalBasis: readonly string[];
  /** Milliseconds since the epoch; `until` is exclusive. */
  readonly validFrom: number;
  readonly validUntil: number;
  /** Fields of circumstances (`x-case-id`), in lower case. */
  readonly requiredHeaders: readonly string[];
  readonly rate: { readonly perSecond: number; readonly burst: number } | undefined;
  readonly quota: { readonly perDay?: number; readonly perMonth?: number } | undefined;
  /** Signatures of messages (RFC 9421): whether requests need one, and which responses get one. */
  readonly signatures: {
    readonly requests: 'required' | 'optional';
    readonly responses: 'always' | 'on-request';
  };
}

/** An agreement compiled for one caller and one service: the result of the hot path's look-up. */
export interface Grant {
  readonly agreement: Agreement;
  readonly service: Service;
  readonly fields: FieldSet;
  readonly scope: Scope | undefined;
  /** Allowed values by scope dimension; for publish services they apply to the pushed changes. */
  readonly scopeValues: Readonly<Record<string, readonly string[]>> | undefined;
  /** The same with every value that a record inside may have: also the codes of provinces merged before the agreement began. */
  readonly scopeWithin: Readonly<Record<string, readonly string[]>> | undefined;
  /** For a service that writes: the scope of its requests. */
  readonly requestScope: Scope | undefined;
  /** For a service that publishes, when the grant has a scope: is a record with these dimensions inside? */
  readonly publishedInScope: ((dimensions: Readonly<Record<string, string>>) => boolean) | undefined;
  /** Keeps the granted fields of a validated answer. MUST NOT change its argument. */
  readonly project: (data: unknown) => unknown;
  /** Puts names beside the codes of places; `undefined`: the grant discloses no such name. */
  readonly namePlaces: NamePlaces | undefined;
  /** Request properties that this grant may not use, by pointer. */
  readonly refusedCriteria: readonly string[];
  /** Request properties that filter by a dimension of the scope. */
  readonly scopedCriteria: readonly ScopedCriterion[];
  /** Identifiers of the persons in a request, and in a whole answer as far as the grant discloses them. */
  readonly subjectsOfRequest: (request: unknown) => string[];
  readonly subjectsOfAnswer: (data: unknown) => string[];
}

interface ScopedCriterion {
  /** Name of the request's property. */
  readonly name: string;
  /** Allowed values, as the agreement names them. */
  readonly values: readonly string[];
  /** May rows of a requested value be inside the scope? */
  readonly reaches: (asked: string) => boolean;
}

/** Row scope: an answer outside reads as not found. */
export interface Scope {
  /** The values in the documents: `{ provinceCode: ["01"] }`. */
  readonly values: Readonly<Record<string, readonly string[]>>;
  /** The same with every value that a record inside may have: also the codes of provinces merged before the agreement began. */
  readonly within: Readonly<Record<string, readonly string[]>>;
  /** Is this record inside? */
  readonly includes: (record: unknown) => boolean;
  /** The record without the rows outside; `undefined` when nothing remains (or, for a list, the list inside). */
  readonly restrict: (data: unknown) => unknown;
}

/** A registry's change stream: its entities, each with the schema of a change's `data`. */
export interface Stream {
  /** `business.changes.read` */
  readonly name: string;
  readonly registry: string;
  readonly entities: ReadonlyMap<string, StreamEntity>;
  /** By how much the version of a pushed change may be above the newest known. */
  readonly maxVersionStep: number;
  /** Checks of which the publish contract only warns, sorted. */
  readonly warned: readonly string[];
}

export interface StreamEntity {
  readonly registry: string;
  /** `enterprise` */
  readonly name: string;
  /** Version of its events' data: the `v1` of their type. Another one breaks readers, and begins new topics. */
  readonly version: number;
  /** The schema of `data`: the entity's full state. */
  readonly schema: object;
  readonly fields: FieldNode;
  /** Validates pushed states. */
  readonly validate: ValidateFunction;
  /** Validates states that the gateway reads from the registry: days may break checks that no push may break (`OF_DAYS`). */
  readonly validateRead: ValidateFunction;
  readonly leaves: readonly Leaf[];
  /** The member of a state with its version (`x-version`); left out: there is none. */
  readonly versionField?: string | undefined;
  /** The subject's identifier, computed from `data`; a change's `subject` must equal it. */
  readonly subjectOf: (data: unknown) => string;
  /** Is the subject's identifier a person's number? */
  readonly isPerson: (subject: string) => boolean;
  /** Is this a well-formed subject of the entity (its identifier's format)? */
  readonly isSubject: (subject: string) => boolean;
  /** Values of the scope dimensions (`{ provinceCode: "01" }`) of a state. */
  readonly dimensionsOf: (data: unknown) => Readonly<Record<string, string>>;
  /** Pointers at which a state contradicts its own location; `undefined`: its schema states the location only once. */
  readonly misplaced: Misplaced | undefined;
  /** Pointers at which a state names a commune that never existed; `undefined`: its schema names no communes. */
  readonly noCommunes: NoCommunes | undefined;
  /** Numbers of all persons in a state. */
  readonly subjectsOf: (data: unknown) => string[];
}

/** An agreement compiled for one entity of one stream. */
export interface StreamGrant {
  readonly agreement: Agreement;
  /** Systems that may read it as a feed. */
  readonly systems: readonly string[];
  readonly stream: Stream;
  readonly entity: StreamEntity;
  readonly fields: FieldSet;
  readonly scope: Scope | undefined;
  /** By the scope dimensions of a state (see `StreamEntity.dimensionsOf`). */
  readonly inScope: (dimensions: Readonly<Record<string, string>>) => boolean;
  readonly project: (data: unknown) => unknown;
  /** Does a change of these fields (JSON Pointers from `changedFields`) touch anything granted? */
  readonly touches: (changedFields: readonly string[]) => boolean;
  readonly subjectsOfAnswer: (data: unknown) => string[];
  /** SHA-256 over disclosed fields, scope and the entity's version, hex: another one begins new topics and cursors. */
  readonly digest: string;
}
