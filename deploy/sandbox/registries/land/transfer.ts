import type { Parcel } from './parcel.ts';
import { type LandRegistry, type NewOwner, ownerIdentifier } from './registry.ts';
import type { REFUSALS, TransferReceipt } from './transfer-receipt.ts';

/** A request to move a parcel, or shares of it, from owners to others. */
export interface Transfer {
  /** `maYeuCau`. */
  readonly id: string;
  readonly communeCode: string;
  readonly mapSheet: string;
  readonly parcelNumber: string;
  /** `phienBan` that the client has seen. */
  readonly version: number;
  /** The shares that each of them gives, and gets, in percent of the whole parcel. */
  readonly from: readonly NewOwner[];
  readonly to: readonly NewOwner[];
}

/** Performs a transfer, once for each id. */
export function transfer(registry: LandRegistry, provinceCode: string, wanted: Transfer): TransferReceipt {
  const { id, communeCode, mapSheet, parcelNumber, version, from, to } = wanted;
  const known = registry.receipts.get(id);
  if (known) return known;
  const refuse = (refused: keyof typeof REFUSALS): TransferReceipt => {
    registry.receipts.remember(id, { refused });
    return { refused };
  };
  const parcel = registry.find(communeCode, mapSheet, parcelNumber);
  if (parcel === undefined || registry.provinceOf(parcel) !== provinceCode)
    return refuse('THUA_DAT_NOT_FOUND');
  if (parcel.version !== version) return refuse('PHIEN_BAN_KHONG_KHOP');
  if (points(total(from)) !== points(total(to))) return refuse('TY_LE_KHONG_HOP_LE');
  const owners = ownersAfter(parcel, from, to);
  if (owners === undefined) return refuse('BEN_CHUYEN_KHONG_HOP_LE');
  try {
    registry.change(communeCode, mapSheet, parcelNumber, owners, { id, at: new Date().toISOString() });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return refuse('BEN_NHAN_KHONG_HOP_LE');
  }
  return registry.receipts.get(id)!;
}

/** The owners who keep a share, then the new ones; undefined if an owner gives more than they have. */
function ownersAfter(
  parcel: Parcel,
  from: readonly NewOwner[],
  to: readonly NewOwner[],
): NewOwner[] | undefined {
  const owners = new Map<string, NewOwner>(
    parcel.owners.map((owner) => {
      const identifier = ownerIdentifier(owner);
      const name = owner.kind === 'person' ? 'soDinhDanh' : 'maSoDoanhNghiep';
      return [identifier, { [name]: identifier, share: owner.share }];
    }),
  );
  for (const giver of from) {
    const owner = owners.get(identifierOf(giver));
    if (owner === undefined || points(giver.share) > points(owner.share)) return undefined;
    owners.set(identifierOf(giver), { ...owner, share: hundredths(owner.share - giver.share) });
  }
  for (const taker of to) {
    const share = owners.get(identifierOf(taker))?.share ?? 0;
    owners.set(identifierOf(taker), { ...taker, share: hundredths(share + taker.share) });
  }
  return [...owners.values()].filter(({ share }) => share > 0);
}

function identifierOf({ soDinhDanh, maSoDoanhNghiep }: NewOwner): string {
  return soDinhDanh ?? maSoDoanhNghiep ?? '';
}

function total(parties: readonly NewOwner[]): number {
  return parties.reduce((sum, { share }) => sum + share, 0);
}

/** Shares are kept to a hundredth of a percent. */
const points = (share: number): number => Math.round(share * 100);
const hundredths = (share: number): number => points(share) / 100;
