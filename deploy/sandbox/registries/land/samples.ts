/** Parcels to try the land registries with. */
import { HOW_MANY, type SampleSet, spread } from '../sample-set.ts';
import { allParcels } from './registry.ts';

interface ParcelKey {
  communeCode: string;
  mapSheet: string;
  parcelNumber: string;
}

export function samples(): { sets: { parcels: SampleSet<ParcelKey> }; notable: Record<never, never> } {
  return { sets: { parcels: parcelSamples() }, notable: {} };
}

function parcelSamples(): SampleSet<ParcelKey> {
  const known = { communeCode: '00004', mapSheet: '1', parcelNumber: '1' };
  return {
    present: spread(allParcels()).map(({ communeCode, mapSheet, parcelNumber }) => ({
      communeCode,
      mapSheet,
      parcelNumber,
    })),
    // Sheets have 100 parcels, and no commune has 900 sheets.
    absent: Array.from({ length: HOW_MANY }, (_, number) => ({
      communeCode: ['00004', '27154', '20242'][number % 3]!,
      mapSheet: String(number % 2 === 0 ? 900 + number : 1),
      parcelNumber: String(number % 2 === 0 ? 1 : 500 + number),
    })),
    malformed: [
      { ...known, communeCode: '0004' },
      { ...known, communeCode: '000004' },
      { ...known, communeCode: 'BADIN' },
      { ...known, communeCode: '0OOO4' },
      { ...known, communeCode: '' },
      { ...known, communeCode: '00 04' },
      { ...known, communeCode: '０００04' },
      { ...known, mapSheet: '' },
      { ...known, parcelNumber: '' },
      { ...known, communeCode: '-0004' },
    ],
  };
}
