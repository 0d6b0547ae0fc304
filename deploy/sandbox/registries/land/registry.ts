import { allEnterprises, enterpriseByCode } from '../business/registry.ts';
import { type KeptChanges, nothingKept } from '../kept-changes.ts';
import { KeyOrder } from '../key-order.ts';
import { birthYear } from '../population/person.ts';
import { allPersons, personByNumber } from '../population/registry.ts';
import { randomFor } from '../random.ts';
import { Receipts } from '../receipts.ts';
import { CADASTRAL_MAPS } from './cadastre.ts';
import { generateParcels, LAST_OWNER_BIRTH } from './generate-parcels.ts';
import { type Owner, type Parcel, parcelKey } from './parcel.ts';
import type { TransferReceipt } from './transfer-receipt.ts';

/** A future owner of a parcel: a person by number, or an enterprise by code. */
export interface NewOwner {
  readonly soDinhDanh?: string;
  readonly maSoDoanhNghiep?: string;
  /** Percent. */
  readonly share: number;
}

/** A parcel after a change; `changedFields` are the upstream's names. */
interface ChangedParcel {
  readonly parcel: Parcel;
  readonly version: number;
  readonly changedFields: readonly string[];
}

/** One call of `change`. */
interface KeptParcelChange {
  readonly communeCode: string;
  readonly mapSheet: string;
  readonly parcelNumber: string;
  readonly owners: readonly NewOwner[];
  /** The request behind the change, and its time; absent for random changes. */
  readonly request?: { readonly id: string; readonly at: string };
}

/** The kind of the changes that are drawn: the first argument of `randomFor`. */
const DRAWN_CHANGE = 34;

let parcels: readonly Parcel[] | undefined;
let keys: ReadonlyMap<string, number> | undefined;
let ordered:
  | ReadonlyMap<string, { readonly order: KeyOrder; readonly positions: readonly number[] }>
  | undefined;
let owned: ReadonlyMap<string, readonly number[]> | undefined;

/** The synthetic parcels before any change, made on first use and shared by everything in this process. */
export function allParcels(): readonly Parcel[] {
  parcels ??= generateParcels(allPersons(), allEnterprises());
  return parcels;
}

function positionByKey(): ReadonlyMap<string, number> {
  keys ??= new Map(
    allParcels().map((parcel) => [
      parcelKey(parcel.communeCode, parcel.mapSheet, parcel.parcelNumber),
      parcel.index,
    ]),
  );
  return keys;
}

/** The order of each province's parcels, made when they are first listed: a change leaves their keys as they are. */
function keyOrder(provinceCode: string) {
  ordered ??= new Map(
    [...Map.groupBy(allParcels(), ({ map }) => CADASTRAL_MAPS[map]!.provinceCode)].map(
      ([province, parcels]) => {
        const keys = parcels.map((parcel) =>
          parcelKey(parcel.communeCode, parcel.mapSheet, parcel.parcelNumber),
        );
        return [province, { order: new KeyOrder(keys), positions: parcels.map(({ index }) => index) }];
      },
    ),
  );
  return ordered.get(provinceCode)!;
}

/** Positions of parcels, in order, by the number or code of their owners. */
function positionsByOwner(): ReadonlyMap<string, readonly number[]> {
  if (owned === undefined) {
    const index = new Map<string, number[]>();
    for (const parcel of allParcels()) {
      for (const owner of parcel.owners) {
        const identifier = ownerIdentifier(owner);
        const list = index.get(identifier);
        if (list === undefined) index.set(identifier, [parcel.index]);
        else list.push(parcel.index);
      }
    }
    owned = index;
  }
  return owned;
}

/** The personal identification number, or the enterprise code, of an owner. */
export function ownerIdentifier({ kind, position }: Owner): string {
  return kind === 'person' ? allPersons()[position]!.number : allEnterprises()[position]!.code;
}

/** The land registries of all provinces: the synthetic parcels, and over them the changes since they were started. */
export class LandRegistry {
  readonly #base = allParcels();
  readonly #keys = positionByKey();
  readonly #owned = positionsByOwner();
  readonly #changed = new Map<number, Parcel>();
  /** Owners whose parcels have changed, with all of their parcels. */
  readonly #ownedNow = new Map<string, readonly number[]>();
  /** Of requests for transfers. Refusals are forgotten with the process. */
  readonly receipts = new Receipts<TransferReceipt>();
  readonly #kept: KeptChanges<KeptParcelChange>;
  /** Number of changes so far, the seed of the next random one. */
  #changes = 0;

  constructor(kept: KeptChanges<KeptParcelChange> = nothingKept) {
    this.#kept = kept;
    for (const change of kept.past) this.#apply(change);
  }

  find(communeCode: string, mapSheet: string, parcelNumber: string): Parcel | undefined {
    const position = this.#keys.get(parcelKey(communeCode, mapSheet, parcelNumber));
    return position === undefined ? undefined : this.at(position);
  }

  at(position: number): Parcel {
    return this.#changed.get(position) ?? this.#base[position]!;
  }

  provinceOf(parcel: Parcel): string {
    return CADASTRAL_MAPS[parcel.map]!.provinceCode;
  }

  /** The parcels of an owner in one province, by number or code. */
  ownedBy(identifier: string, provinceCode: string): Parcel[] {
    return this.#positionsOf(identifier)
      .map((position) => this.at(position))
      .filter((parcel) => this.provinceOf(parcel) === provinceCode);
  }

  /** A province's parcels whose keys (`parcelKey`), as texts, come after a key, and how many there are of them. */
  list(provinceCode: string, after: string, limit: number) {
    const { order, positions } = keyOrder(provinceCode);
    const found = order.after(after, limit);
    return {
      remaining: found.remaining,
      page: found.positions.map((position) => this.at(positions[position]!)),
    };
  }

  /** Gives a parcel to other owners. Throws a RangeError if there is no such parcel, person or enterprise. */
  change(
    communeCode: string,
    mapSheet: string,
    parcelNumber: string,
    owners: readonly NewOwner[],
    request?: KeptParcelChange['request'],
  ): ChangedParcel {
    const change = { communeCode, mapSheet, parcelNumber, owners, ...(request && { request }) };
    const changed = this.#apply(change);
    this.#kept.keep(change);
    return changed;
  }

  #apply({ communeCode, mapSheet, parcelNumber, owners, request }: KeptParcelChange): ChangedParcel {
    const before = this.find(communeCode, mapSheet, parcelNumber);
    if (before === undefined) throw new RangeError('the land registry has no such parcel');
    const parcel: Parcel = { ...before, owners: owners.map(toOwner), version: before.version + 1 };
    for (const owner of before.owners)
      this.#reindex(owner, (positions) => positions.filter((at) => at !== parcel.index));
    for (const owner of parcel.owners)
      this.#reindex(owner, (positions) => [...positions, parcel.index].sort((a, b) => a - b));
    this.#changed.set(parcel.index, parcel);
    this.#changes++;
    if (request) this.receipts.remember(request.id, { parcel, at: request.at });
    return { parcel, version: parcel.version, changedFields: ['chuSuDung', 'DC_GiayChungNhan'] };
  }

  /** Sells a random parcel to a person who lives in the sandbox. */
  changeSomething(): ChangedParcel {
    const random = randomFor(DRAWN_CHANGE, this.#changes);
    const parcel = this.at(random.below(this.#base.length));
    const sellers = new Set(parcel.owners.map(ownerIdentifier));
    let buyer = random.pick(allPersons());
    while (birthYear(buyer) > LAST_OWNER_BIRTH || sellers.has(buyer.number))
      buyer = random.pick(allPersons());
    const owner = { soDinhDanh: buyer.number, share: 100 };
    return this.change(parcel.communeCode, parcel.mapSheet, parcel.parcelNumber, [owner]);
  }

  #positionsOf(identifier: string): readonly number[] {
    return this.#ownedNow.get(identifier) ?? this.#owned.get(identifier) ?? [];
  }

  #reindex(owner: Owner, update: (positions: readonly number[]) => readonly number[]): void {
    const identifier = ownerIdentifier(owner);
    this.#ownedNow.set(identifier, update(this.#positionsOf(identifier)));
  }
}

function toOwner({ soDinhDanh, maSoDoanhNghiep, share }: NewOwner): Owner {
  const person = soDinhDanh === undefined ? undefined : personByNumber(soDinhDanh);
  if (person !== undefined) return { kind: 'person', position: person.index, share };
  const enterprise = maSoDoanhNghiep === undefined ? undefined : enterpriseByCode(maSoDoanhNghiep);
  if (enterprise !== undefined) return { kind: 'enterprise', position: enterprise.index, share };
  throw new RangeError('the sandbox has no such owner');
}
