/** The communes of today's provinces, as units that records are held to. */
import type { Units } from '../catalog/places.ts';

/** @param provinceOfCommune province code of each commune code; empty: nothing is known, and nothing held to it */
export function unitsOf(provinceOfCommune: Readonly<Record<string, string>>): Units | undefined {
  const communes = new Map(Object.entries(provinceOfCommune));
  if (communes.size === 0) return undefined;
  const provinces = new Set(communes.values());
  return {
    of: (dimension, commune) => (dimension === 'provinceCode' ? communes.get(commune) : undefined),
    has: (dimension, province) => dimension === 'provinceCode' && provinces.has(province),
  };
}
