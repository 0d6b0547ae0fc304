import { type KeptChanges, nothingKept } from '../kept-changes.ts';
import { COMMUNES, communePosition } from '../places.ts';
import { randomFor } from '../random.ts';
import { Receipts } from '../receipts.ts';
import { streetAddress } from '../streets.ts';
import { generatePersons } from './households.ts';
import { type Person, RELATIONS } from './person.ts';

/** The fields that a change may set. A person who moves (`communeCode`) leaves the household and heads a new one. */
interface PersonChange {
  readonly communeCode?: string;
  readonly street?: string;
  readonly familyName?: string;
  readonly middleName?: string;
  readonly givenName?: string;
  readonly maritalStatus?: Person['maritalStatus'];
}

/** A person after a change; `changedFields` are the names of the elements of `CongDan`. */
interface ChangedPerson {
  readonly person: Person;
  readonly version: number;
  readonly changedFields: readonly string[];
}

/** The elements of `CongDan` that each part of a change shows in. */
const ELEMENTS: Readonly<Record<keyof PersonChange, readonly string[]>> = {
  communeCode: ['ThuongTru', 'NoiOHienTai', 'ChuHo'],
  street: ['ThuongTru', 'NoiOHienTai'],
  familyName: ['HoVaTen'],
  middleName: ['HoVaTen'],
  givenName: ['HoVaTen'],
  maritalStatus: ['TinhTrangHonNhan'],
};

/** One call of `change`. */
interface KeptPersonChange {
  readonly number: string;
  readonly change: PersonChange;
  /** The request behind the change, and its time; absent for random changes. */
  readonly request?: { readonly id: string; readonly at: string };
}

/** The outcome of a registration: the person after it, or the code (`MaLyDo`) of a refusal. */
export type ResidenceReceipt =
  | (ChangedPerson & { readonly at: string })
  | { readonly refused: 'KHONG_CO_CONG_DAN' | 'NOI_THUONG_TRU_KHONG_HOP_LE' | 'DA_THUONG_TRU_TAI_DAY' };

/** The kind of the changes that are drawn: the first argument of `randomFor`. */
const DRAWN_CHANGE = 4;

let persons: readonly Person[] | undefined;
let positions: ReadonlyMap<string, number> | undefined;

/** The synthetic persons before any change, made on first use and shared by everything in this process. */
export function allPersons(): readonly Person[] {
  persons ??= generatePersons();
  return persons;
}

function positionByNumber(): ReadonlyMap<string, number> {
  if (positions === undefined) {
    const index = new Map<string, number>();
    for (const person of allPersons()) {
      index.set(person.number, person.index);
      if (person.formerNumber !== undefined) index.set(person.formerNumber, person.index);
    }
    positions = index;
  }
  return positions;
}

/** The person with a personal identification number or a former identity card number, before any change. */
export function personByNumber(number: string): Person | undefined {
  const position = positionByNumber().get(number);
  return position === undefined ? undefined : allPersons()[position];
}

/** The population registry: the synthetic persons, and over them the changes since it was started. */
export class PopulationRegistry {
  readonly #base = allPersons();
  readonly #positions = positionByNumber();
  readonly #changed = new Map<number, { person: Person; version: number }>();
  /** Of requests for registrations. Refusals are forgotten with the process. */
  readonly receipts = new Receipts<ResidenceReceipt>();
  readonly #kept: KeptChanges<KeptPersonChange>;
  /** Number of changes so far, the seed of the next random one. */
  #changes = 0;

  constructor(kept: KeptChanges<KeptPersonChange> = nothingKept) {
    this.#kept = kept;
    for (const change of kept.past) this.#apply(change);
  }

  find(number: string): Person | undefined {
    const position = this.#positions.get(number);
    return position === undefined ? undefined : this.at(position);
  }

  /** The person at a position, as it is now. */
  at(position: number): Person {
    return this.#changed.get(position)?.person ?? this.#base[position]!;
  }

  /** 1 until the first change. */
  versionOf(person: Person): number {
    return this.#changed.get(person.index)?.version ?? 1;
  }

  /** Applies a change. Throws a RangeError if there is no such person or commune. */
  change(number: string, change: PersonChange, request?: KeptPersonChange['request']): ChangedPerson {
    const kept = { number, change, ...(request && { request }) };
    const changed = this.#apply(kept);
    this.#kept.keep(kept);
    return changed;
  }

  #apply({ number, change, request }: KeptPersonChange): ChangedPerson {
    const before = this.find(number);
    if (before === undefined) throw new RangeError('the population registry has no such person');
    const { communeCode, ...set } = change;
    const moved =
      communeCode === undefined
        ? {}
        : { commune: communePosition(communeCode), head: before.index, relation: RELATIONS.head };
    const person: Person = { ...before, ...set, ...moved };
    const version = this.versionOf(before) + 1;
    this.#changed.set(person.index, { person, version });
    this.#changes++;
    const changedFields = [
      ...new Set(Object.keys(change).flatMap((key) => ELEMENTS[key as keyof PersonChange])),
    ];
    if (request) this.receipts.remember(request.id, { person, version, changedFields, at: request.at });
    return { person, version, changedFields };
  }

  /** Moves a random person to another commune. */
  changeSomebody(): ChangedPerson {
    const random = randomFor(DRAWN_CHANGE, this.#changes);
    let person = this.at(random.below(this.#base.length));
    // Heads do not move, since their household would have no head.
    while (person.relation === RELATIONS.head) person = this.at(random.below(this.#base.length));
    const elsewhere = COMMUNES[(person.commune + random.between(1, COMMUNES.length - 1)) % COMMUNES.length]!;
    return this.change(person.number, { communeCode: elsewhere.code, street: streetAddress(random) });
  }
}
