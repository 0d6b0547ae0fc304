/**
 * name places: what provinces and communes are called, beside their codes, where the agreement grants it. By the list of
 * administrative units (`ADMINISTRATIVE_UNITS_FILE`); a name that a registry sends itself stays, one that is not known is absent.
 *
 * Of answers alone: changes and copies hold what the registry holds, or a new list would be a change of every record.
 */
import type { PlaceNames } from '../../../catalog/fields/place-names.ts';
import type { Found, Granted } from '../../call.ts';

export function namePlaces<C extends Granted & Found>(
  call: C,
  { placeNames }: { readonly placeNames: PlaceNames | undefined },
): C {
  const { grant } = call.declaration;
  if (!grant.namePlaces || !placeNames) return call;
  return { ...call, data: grant.namePlaces(call.data, placeNames) };
}
