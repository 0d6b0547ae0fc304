/** An agreement as its consumer sees it. */
import type { Agreement, FieldSet } from '../catalog/catalog.ts';
import { daysOf, type TermStatus, termStatus } from '../catalog/grant/term.ts';
import { circumstances } from '../circumstances/circumstances.ts';

type Text = { readonly vi: string; readonly en: string };

/** Everything that decides a call under one agreement. */
export interface Terms {
  readonly agreement: string;
  readonly title: Text;
  readonly standing: TermStatus;
  /** First and last day, by Vietnam's clock. */
  readonly validFrom: string;
  readonly validUntil: string;
  readonly purposes: readonly string[];
  readonly legalBasis: readonly string[];
  readonly requiredHeaders: readonly string[];
  readonly fields: { readonly disclosed: readonly string[]; readonly withheld: readonly string[] };
  /** Allowed values by dimension; absent: all rows. */
  readonly scope?: Readonly<Record<string, readonly string[]>>;
  /** Request properties that may not be used, by JSON Pointer. */
  readonly refusedCriteria?: readonly string[];
  /** For all systems and replicas together; absent: none. */
  readonly rate?: { readonly perSecond: number; readonly burst: number };
  readonly quota?: QuotaTerms;
}

export interface QuotaTerms {
  readonly perDay?: number;
  readonly perMonth?: number;
  /** Calls that may still be made, without those that replicas of the gateway have reserved. */
  readonly remaining?: { readonly day?: number; readonly month?: number };
}

/** The members that grants of services and grants of streams share here. */
export interface Granted {
  readonly agreement: Agreement;
  readonly fields: FieldSet;
  readonly scopeValues: Readonly<Record<string, readonly string[]>> | undefined;
  readonly refusedCriteria?: readonly string[];
}

/** @param remaining of the agreement's quota, where it is known */
export function termsOf(granted: Granted, now: number, remaining?: QuotaTerms['remaining']): Terms {
  const { agreement, fields, scopeValues, refusedCriteria = [] } = granted;
  const { number, title, purposes, legalBasis, rate, quota } = agreement;
  return {
    agreement: number,
    title,
    standing: termStatus(agreement, now),
    ...daysOf(agreement),
    purposes,
    legalBasis,
    requiredHeaders: agreement.requiredHeaders.map(headerOf),
    fields: { disclosed: fields.disclosed, withheld: fields.withheld },
    ...(scopeValues && { scope: scopeValues }),
    ...(refusedCriteria.length > 0 && { refusedCriteria }),
    ...(rate && { rate }),
    ...(quota && { quota: { ...quota, ...(remaining && { remaining }) } }),
  };
}

/** The header of a lower-case field, as agreements and documents write it. */
function headerOf(name: string): string {
  return circumstances.find(({ field }) => field === name)?.header ?? name;
}
