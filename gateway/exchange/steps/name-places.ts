/**
 * name places: what provinces and communes are called, beside their codes, where the agreement grants it. By the list of
 * administrative units (`ADMINISTRATIVE_UNITS_FILE`); a name that a registry sends itself stays, one that is not known is absent.
 *
 * Of answers alone: changes and copies hold what the registry holds, or a new list would be a change of every record.
 */
import type { Grant } from '../../catalog/catalog.ts';
import type { PlaceNames } from '../../catalog/fields/place-names.ts';

/** @param data an answer that keeps the contract; not changed */
export function namePlaces(grant: Grant, names: PlaceNames | undefined, data: unknown): unknown {
  return grant.namePlaces && names ? grant.namePlaces(data, names) : data;
}
