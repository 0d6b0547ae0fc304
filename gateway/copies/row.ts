/** A registry's record as a row of an agreement's copy: what the changes of that record would have told. */
import type { ScannedRow } from '../../adapters/adapter.ts';
import type { StreamGrant } from '../catalog/catalog.ts';
import type { Dimensions } from '../changes/change.ts';
import type { Secrets } from '../store/secrets.ts';

export interface CopyRow {
  /** The identifier itself: not told. */
  readonly identifier: string;
  readonly version: number;
  readonly dimensions: Dimensions;
  /** What the agreement is told; `undefined`: the record is outside its scope. */
  readonly told: { readonly subject: string; readonly state: unknown } | undefined;
  /** Numbers of the persons whom `told.state` discloses. */
  readonly persons: readonly string[];
}

/**
 * @returns `undefined`: the record breaks its schema, and nothing of it is told
 */
export function copyRow(
  { data, version }: ScannedRow,
  grant: StreamGrant,
  secrets: Pick<Secrets, 'pseudonym'>,
): CopyRow | undefined {
  const { entity, agreement } = grant;
  if (!entity.validate(data)) return undefined;
  const identifier = entity.subjectOf(data);
  const dimensions = entity.dimensionsOf(data);
  const common = { identifier, version, dimensions };
  if (!grant.inScope(dimensions)) return { ...common, told: undefined, persons: [] };
  const subject = secrets.pseudonym(agreement.number, entity.name, identifier);
  return {
    ...common,
    told: { subject, state: grant.project(data) ?? {} },
    persons: grant.subjectsOfAnswer(data),
  };
}
