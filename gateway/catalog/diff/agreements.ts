/** Agreements that are added, removed, or have changed terms. `access.ts` compares fields. */
import type { Agreement, Catalog } from '../catalog.ts';
import { daysOf } from '../grant/term.ts';

export interface AgreementChange {
  readonly agreement: string;
  readonly consumer: string;
  readonly change: 'added' | 'removed' | 'changed';
  /** The changed terms. */
  readonly terms: readonly TermChange[];
}

export interface TermChange {
  readonly term: string;
  readonly before: string;
  readonly after: string;
  /** Are calls refused that were allowed, or rows withheld that were disclosed? */
  readonly breaks: boolean;
}

/** By number, sorted. A removed agreement breaks nothing here: `access.ts` reports its fields as lost. */
export function compareAgreements(before: Catalog, after: Catalog): AgreementChange[] {
  const numbers = [...new Set([...before.agreements.keys(), ...after.agreements.keys()])].sort();
  const [oldScopes, newScopes] = [scopesOf(before), scopesOf(after)];
  return numbers.flatMap((number): AgreementChange[] => {
    const [old, now] = [before.agreements.get(number), after.agreements.get(number)];
    if (!old) return [{ agreement: number, consumer: now!.consumer, change: 'added', terms: [] }];
    if (!now) return [{ agreement: number, consumer: old.consumer, change: 'removed', terms: [] }];
    const terms = [
      ...rows.flatMap(({ term, read, breaks }) => difference(term, read(old), read(now), breaks)),
      ...compareScopes(oldScopes.get(number) ?? new Map(), newScopes.get(number) ?? new Map()),
    ];
    return terms.length === 0
      ? []
      : [{ agreement: number, consumer: now.consumer, change: 'changed', terms }];
  });
}

interface Row {
  readonly term: string;
  readonly read: (agreement: Agreement) => readonly string[];
  /** Does this difference break calls? `gone` and `added` are the values that `read` no longer and newly returns. */
  readonly breaks: (
    gone: readonly string[],
    added: readonly string[],
    values: { readonly before: readonly string[]; readonly after: readonly string[] },
  ) => boolean;
}

const never = () => false;
const one = (value: string | number | undefined) => (value === undefined ? [] : [String(value)]);

/** The terms of an agreement, and which of their differences refuse calls that were allowed. */
const rows: readonly Row[] = [
  // `access.ts` reports the lost fields of a system that is no consumer any more.
  { term: 'consumer', read: ({ consumer }) => [consumer], breaks: never },
  { term: 'purposes', read: ({ purposes }) => purposes, breaks: (gone) => gone.length > 0 },
  { term: 'legal basis', read: ({ legalBasis }) => legalBasis, breaks: never },
  {
    term: 'valid from',
    read: (agreement) => [daysOf(agreement).validFrom],
    breaks: (_gone, _added, { before, after }) => after[0]! > before[0]!,
  },
  {
    term: 'valid until',
    read: (agreement) => [daysOf(agreement).validUntil],
    breaks: (_gone, _added, { before, after }) => after[0]! < before[0]!,
  },
  {
    term: 'required headers',
    read: ({ requiredHeaders }) => requiredHeaders,
    breaks: (_gone, added) => added.length > 0,
  },
  // A lower rate or quota is reported, but refuses no call of a caller that stays below it.
  {
    term: 'rate',
    read: ({ rate }) => one(rate && `${rate.perSecond}/s, burst ${rate.burst}`),
    breaks: never,
  },
  { term: 'quota a day', read: ({ quota }) => one(quota?.perDay), breaks: never },
  { term: 'quota a month', read: ({ quota }) => one(quota?.perMonth), breaks: never },
];

function difference(
  term: string,
  before: readonly string[],
  after: readonly string[],
  breaks: Row['breaks'],
): TermChange[] {
  const gone = before.filter((value) => !after.includes(value));
  const added = after.filter((value) => !before.includes(value));
  if (gone.length === 0 && added.length === 0) return [];
  return [
    {
      term,
      before: before.join(', ') || 'none',
      after: after.join(', ') || 'none',
      breaks: breaks(gone, added, { before, after }),
    },
  ];
}

/** Allowed values by dimension; `undefined`: all rows. */
type Values = Readonly<Record<string, readonly string[]>> | undefined;

/** By agreement's number, and by service or stream and entity; with merged provinces, which depend on the agreement's first day. */
function scopesOf(catalog: Catalog): Map<string, Map<string, Values>> {
  const scopes = new Map<string, Map<string, Values>>();
  const add = (number: string, target: string, values: Values) => {
    const ofAgreement = scopes.get(number) ?? new Map<string, Values>();
    scopes.set(number, ofAgreement.set(target, values));
  };
  for (const grants of catalog.grants.values()) {
    for (const [target, list] of grants) {
      for (const { agreement, scopeWithin } of list) add(agreement.number, target, scopeWithin);
    }
  }
  for (const { agreement, stream, entity, scope } of catalog.streamGrants) {
    add(agreement.number, `${stream.name} ${entity.name}`, scope?.within);
  }
  return scopes;
}

function compareScopes(
  before: ReadonlyMap<string, Values>,
  after: ReadonlyMap<string, Values>,
): TermChange[] {
  return [...before].flatMap(([target, was]) => {
    if (!after.has(target)) return [];
    const is = after.get(target);
    const [old, now] = [inWords(was), inWords(is)];
    return old === now
      ? []
      : [{ term: `rows of ${target}`, before: old, after: now, breaks: !covers(is, was) }];
  });
}

/** Does `outer` include every row of `inner`? */
function covers(outer: Values, inner: Values): boolean {
  if (!outer) return true;
  return Object.entries(outer).every(([name, values]) => {
    const wanted = inner?.[name];
    return wanted?.every((value) => values.includes(value)) ?? false;
  });
}

function inWords(values: Values): string {
  if (!values) return 'all';
  return Object.entries(values)
    .map(([name, list]) => `${name} in ${[...list].sort().join(', ')}`)
    .sort()
    .join('; ');
}
