/** One parcel in a province's land registry. */
export interface Parcel {
  readonly index: number;
  /** Position in `CADASTRAL_MAPS`. */
  readonly map: number;
  readonly communeCode: string;
  /** With the commune and the parcel number, the natural key. */
  readonly mapSheet: string;
  readonly parcelNumber: string;
  readonly owners: readonly Owner[];
  /** `phienBan`: 1 until the first change. */
  readonly version: number;
}

/** A user of the parcel: a person or an enterprise, by position in its registry; shares sum up to 100. */
export interface Owner {
  readonly kind: 'person' | 'enterprise';
  readonly position: number;
  /** Percent. */
  readonly share: number;
}

/** `00004/12/7`: the natural key as one text. */
export function parcelKey(communeCode: string, mapSheet: string, parcelNumber: string): string {
  return `${communeCode}/${mapSheet}/${parcelNumber}`;
}
