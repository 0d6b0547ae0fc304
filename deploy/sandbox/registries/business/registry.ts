import { foldText } from '../../../../adapters/values/letters.ts';
import { dayInVietnam } from '../dates.ts';
import { type KeptChanges, nothingKept } from '../kept-changes.ts';
import { KeyOrder } from '../key-order.ts';
import { COMMUNES, communePosition } from '../places.ts';
import { allPersons } from '../population/registry.ts';
import { randomFor } from '../random.ts';
import { streetAddress } from '../streets.ts';
import type { Enterprise, EnterpriseStatus } from './enterprise.ts';
import { generateEnterprises } from './generate-enterprises.ts';
import { Journal } from './journal.ts';
import { NameIndex, provinceOf } from './name-index.ts';

/** The fields that an amendment of the registration may set; each adds one to `NUMBER_CHANGES`. */
interface EnterpriseChange {
  /** The whole name, upper case. */
  readonly name?: string;
  /** VND. */
  readonly capital?: number;
  readonly status?: EnterpriseStatus;
  readonly communeCode?: string;
  readonly street?: string;
}

/** An enterprise after a change; `changedFields` are the upstream's names, as paths. */
interface ChangedEnterprise {
  readonly enterprise: Enterprise;
  readonly version: number;
  readonly changedFields: readonly string[];
}

/** Places in the answer that show each part of a change. */
const ELEMENTS: Readonly<Record<keyof EnterpriseChange, readonly string[]>> = {
  name: ['MainInformation/NAME'],
  capital: ['MainInformation/CAPITAL_AMOUNT', 'Member'],
  status: ['MainInformation/ENTERPRISE_STATUS'],
  communeCode: ['HOAdress'],
  street: ['HOAdress'],
};

/** One call of `change`. */
interface KeptEnterpriseChange {
  readonly code: string;
  readonly change: EnterpriseChange;
  /** RFC 3339. */
  readonly at: string;
}

/** The kind of the changes that are drawn: the first argument of `randomFor`. */
const DRAWN_CHANGE = 15;

let enterprises: readonly Enterprise[] | undefined;
let positions: ReadonlyMap<string, number> | undefined;
let names: NameIndex | undefined;
let ordered: KeyOrder | undefined;

/** The synthetic enterprises before any change, made on first use and shared by everything in this process. */
export function allEnterprises(): readonly Enterprise[] {
  enterprises ??= generateEnterprises(allPersons());
  return enterprises;
}

function positionByCode(): ReadonlyMap<string, number> {
  positions ??= new Map(allEnterprises().map(({ code, index }) => [code, index]));
  return positions;
}

/** Made when something is first searched for. */
function nameIndex(): NameIndex {
  names ??= new NameIndex(allEnterprises());
  return names;
}

/** Made when the enterprises are first listed: a change leaves their codes as they are. */
function codeOrder(): KeyOrder {
  ordered ??= new KeyOrder(allEnterprises().map(({ code }) => code));
  return ordered;
}

/** The enterprise with a code, before any change. */
export function enterpriseByCode(code: string): Enterprise | undefined {
  const position = positionByCode().get(code);
  return position === undefined ? undefined : allEnterprises()[position];
}

/** The business registry: the synthetic enterprises, and over them the amendments since it was started. */
export class BusinessRegistry {
  readonly journal: Journal;
  readonly now: () => number;
  readonly #base = allEnterprises();
  readonly #positions = positionByCode();
  readonly #changed = new Map<number, Enterprise>();
  readonly #withdrawn = new Set<number>();
  readonly #kept: KeptChanges<KeptEnterpriseChange>;
  /** Number of changes so far, the seed of the next random one. */
  #changes = 0;

  /** @param now the registry's clock, in milliseconds since the epoch */
  constructor(kept: KeptChanges<KeptEnterpriseChange> = nothingKept, now: () => number = Date.now) {
    this.#kept = kept;
    this.now = now;
    this.journal = new Journal(this.#base);
    for (const { code, change, at } of kept.past) this.#apply(code, change, new Date(at));
  }

  find(code: string): Enterprise | undefined {
    const position = this.#positions.get(code);
    return position === undefined || this.#withdrawn.has(position) ? undefined : this.at(position);
  }

  /** Removes the record, or restores it; its dossiers stay in the journal. */
  withdraw(code: string, gone = true): void {
    const position = this.#positions.get(code);
    if (position === undefined) throw new RangeError('the business registry has no such enterprise');
    if (gone) this.#withdrawn.add(position);
    else this.#withdrawn.delete(position);
  }

  at(position: number): Enterprise {
    return this.#changed.get(position) ?? this.#base[position]!;
  }

  /** Enterprises whose name contains `name`, whatever the accents, in one province or (`undefined`) anywhere. */
  search(name: string, province: string | undefined, offset: number, limit: number) {
    const wanted = foldText(name);
    const unchanged = nameIndex()
      .find(wanted, province)
      .filter((position) => !this.#changed.has(position));
    const changed = [...this.#changed.values()]
      .filter((one) => province === undefined || provinceOf(one.commune) === province)
      .filter((one) => foldText(one.name).includes(wanted))
      .map(({ index }) => index);
    const found = [...unchanged, ...changed];
    return {
      total: found.length,
      page: found.slice(offset, offset + limit).map((position) => this.at(position)),
    };
  }

  /** The enterprises whose codes, as texts, come after a code, and their total number. */
  list(after: string, limit: number) {
    const { remaining, positions } = codeOrder().after(after, limit);
    return { remaining, page: positions.map((position) => this.at(position)) };
  }

  /**
   * Applies an amendment and enters it in the journal, with a time this many minutes ago: clerks enter dossiers late. Throws a
   * RangeError if there is no such enterprise or commune.
   */
  change(code: string, change: EnterpriseChange, minutesAgo = 0): ChangedEnterprise {
    const at = new Date(this.now() - minutesAgo * 60_000);
    const changed = this.#apply(code, change, at);
    this.#kept.keep({ code, change, at: at.toISOString() });
    return changed;
  }

  #apply(code: string, change: EnterpriseChange, at: Date): ChangedEnterprise {
    const before = this.find(code);
    if (before === undefined) throw new RangeError('the business registry has no such enterprise');
    const { communeCode, ...set } = change;
    const enterprise: Enterprise = {
      ...before,
      ...set,
      commune: communeCode === undefined ? before.commune : communePosition(communeCode),
      changes: before.changes + 1,
      amended: dayInVietnam(at),
    };
    this.#changed.set(enterprise.index, enterprise);
    this.journal.enter(enterprise, at);
    this.#changes++;
    const changedFields = [
      ...new Set(Object.keys(change).flatMap((key) => ELEMENTS[key as keyof EnterpriseChange])),
    ];
    return { enterprise, version: enterprise.changes, changedFields };
  }

  /** Changes the capital, name or head office of a random enterprise. */
  changeSomething(minutesAgo = 0): ChangedEnterprise {
    const random = randomFor(DRAWN_CHANGE, this.#changes);
    const enterprise = this.at(random.below(this.#base.length));
    const amendments: readonly (() => EnterpriseChange)[] = [
      () => ({ capital: enterprise.capital + random.between(1, 90) * 100_000_000 }),
      () => ({
        name: `${enterprise.name} ${random.pick(['MỚI', 'TOÀN CẦU', 'QUỐC TẾ', 'MIỀN NAM', 'MIỀN BẮC'])}`,
      }),
      () => ({ communeCode: random.pick(COMMUNES).code, street: streetAddress(random) }),
    ];
    return this.change(enterprise.code, random.pick(amendments)(), minutesAgo);
  }
}
