/** Compares two catalogues: the effects of changed contracts and agreements on their users. */
import type { Catalog } from '../catalog.ts';
import { type AccessChange, compareAccess } from './access.ts';
import { type AgreementChange, compareAgreements, type TermChange } from './agreements.ts';
import { type ContractChange, compareContracts } from './contracts.ts';
import { compareEndings, type GrantEnding } from './endings.ts';
import { renderEnding } from './render-ending.ts';
import { compareSubscribers, type SubscriberChange } from './subscribers.ts';
import { compareSystems, type SystemChange } from './systems.ts';

export interface CatalogDiff {
  /** Does a system lose fields or rows, or is a valid call refused or a reader broken? */
  readonly breaks: boolean;
  readonly access: readonly AccessChange[];
  readonly agreements: readonly AgreementChange[];
  readonly contracts: readonly ContractChange[];
  readonly systems: readonly SystemChange[];
  /** Effects on readers of topics and feeds. Breaking ones are also reported above, by contract or agreement. */
  readonly subscribers: readonly SubscriberChange[];
  /** Grants that end when a gateway loads the new catalogue. */
  readonly ends: readonly GrantEnding[];
}

/** @param now milliseconds since the epoch: a term may be over */
export function compareCatalogs(before: Catalog, after: Catalog, now: number = Date.now()): CatalogDiff {
  const access = compareAccess(before, after);
  const agreements = compareAgreements(before, after);
  const contracts = compareContracts(before, after);
  const systems = compareSystems(before, after);
  const subscribers = compareSubscribers(before, after);
  const ends = compareEndings(before, after, now);
  const breaks =
    access.some(({ loses }) => loses.length > 0) ||
    [...agreements, ...systems].some(({ terms }) => terms.some((term) => term.breaks)) ||
    contracts.some(({ details }) => details.some((detail) => detail.breaks)) ||
    subscribers.some(({ effects }) => effects.some((effect) => effect.breaks));
  return { breaks, access, agreements, contracts, systems, subscribers, ends };
}

/** Text for people; breaking changes are marked with `!`. */
export function renderDiff(diff: CatalogDiff): string {
  const { breaks, access, agreements, contracts, systems, subscribers, ends } = diff;
  const lines = [
    ...section('Access', access.flatMap(renderAccess)),
    ...section('Agreements', agreements.flatMap(renderAgreement)),
    ...section('Contracts', contracts.flatMap(renderContract)),
    ...section('Systems', systems.flatMap(renderSystem)),
    ...section('Subscribers', subscribers.flatMap(renderSubscriber)),
    ...section(
      'Ends when it is taken on',
      ends.flatMap((ending) => {
        const [grant, effect] = renderEnding(ending);
        return [`  ${grant}`, `    ${mark(ending.reason !== 'widened')} ${effect}`];
      }),
    ),
  ];
  if (lines.length === 0) return 'no difference';
  lines.push(breaks ? 'BREAKS: see the lines marked !' : 'ok: nothing breaks, nobody loses anything');
  return lines.join('\n');
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [title, ...lines, ''];
}

function renderAccess(change: AccessChange): string[] {
  const { system, target, purposes, gains, loses, grantedBy, lostWith } = change;
  return [
    `  ${system} → ${target}, for ${purposes.join(', ')}`,
    ...(gains.length > 0 ? [`    + gains ${gains.join(', ')} (${grantedBy.join(', ')})`] : []),
    ...(loses.length > 0 ? [`    ! loses ${loses.join(', ')} (${lostWith.join(', ')})`] : []),
  ];
}

function renderAgreement({ agreement, consumer, change, terms }: AgreementChange): string[] {
  return [`  ${agreement} of ${consumer}: ${change}`, ...terms.map(renderTerm)];
}

function renderSystem({ system, terms }: SystemChange): string[] {
  return [`  ${system}`, ...terms.map(renderTerm)];
}

function renderTerm({ term, before, after, breaks }: TermChange): string {
  return `    ${mark(breaks)} ${term}: ${before} → ${after}`;
}

function renderContract({ contract, change, details }: ContractChange): string[] {
  return [
    `  ${contract}: ${change}`,
    ...details.map(({ at, message, breaks, affects }) => {
      const whom = affects.length > 0 ? ` (breaks ${affects.join(', ')})` : breaks ? ' (nobody uses it)' : '';
      return `    ${mark(breaks)} ${at}: ${message}${whom}`;
    }),
  ];
}

function renderSubscriber({ agreement, systems, target, topics, effects }: SubscriberChange): string[] {
  return [
    `  ${systems.join(', ')} → ${target} by ${agreement}, topics ${topics}`,
    ...effects.map(({ message, breaks }) => `    ${mark(breaks)} ${message}`),
  ];
}

function mark(breaks: boolean): string {
  return breaks ? '!' : '~';
}
