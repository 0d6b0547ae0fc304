/** The communes of today's provinces, as units that records are held to. */
import { provinceToday } from '../../../adapters/values/provinces.ts';
import type { Units } from '../../catalog/fields/places.ts';

const PROVINCE = 'provinceCode';

/**
 * Codes were given in one row from north to south (Decision 124/2004/QĐ-TTg), and no reform before 2025-07-01 went beyond its end,
 * in Cà Mau. A commune of today is in the list.
 */
const LAST_FORMER = '32248';

/** @param provinceOfCommune province code of each commune code; empty: nothing is known, and nothing held to it */
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
