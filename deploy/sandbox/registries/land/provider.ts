/** Publishes changes as the owner of the land registries. */
import { parcelPointers, readParcel } from '../../../../adapters/land/mapping.ts';
import type { Source } from '../../../../adapters/records/mapping.ts';
import type { Provider } from '../simulated.ts';

export const provider: Provider = {
  entity: 'parcel',
  read: (record, provinceOfCommune) => {
    const parcel = record as { readonly DC_ThuaDat: { readonly maXa: string } };
    return readParcel(record as Source, provinceOfCommune[parcel.DC_ThuaDat.maXa] ?? '');
  },
  ...parcelPointers,
};
