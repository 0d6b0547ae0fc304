/** The communes of today's provinces, by which records are checked. */
import { provinceToday } from '../../../adapters/values/provinces.ts';
import type { Units } from '../../catalog/fields/places.ts';

const PROVINCE = 'provinceCode';

/**
 * Decision 124/2004/QĐ-TTg numbered the communes from north to south, and no reform before 2025-07-01 gave a code beyond the last
 * one, in Cà Mau. Today's communes are in the list.
 */
const LAST_FORMER = '32248';

/** @param provinceOfCommune province code of each commune code; empty: there is no list, and nothing is checked */
export function unitsOf(provinceOfCommune: Readonly<Record<string, string>>): Units | undefined {
  const communes = new Map(Object.entries(provinceOfCommune));
  if (communes.size === 0) return undefined;
  const provinces = new Set(communes.values());
  return {
    of: (dimension, commune) => (dimension === PROVINCE ? communes.get(commune) : undefined),
    today: (dimension, province) => {
      const today = provinceToday(province);
      return dimension === PROVINCE && provinces.has(today) ? today : undefined;
    },
    mayBe: (dimension, commune) => dimension !== PROVINCE || (commune > '00000' && commune <= LAST_FORMER),
  };
}
