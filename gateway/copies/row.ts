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

/** A record that breaks its schema: nothing of it is told. That there is a `hidden` one, outside the scope, is not either. */
export type BrokenRow = 'broken' | 'hidden';

export function copyRow(
  { data, version }: ScannedRow,
  grant: StreamGrant,
  secrets: Pick<Secrets, 'pseudonym'>,
): CopyRow | BrokenRow {
  const { entity, agreement } = grant;
  const dimensions = entity.dimensionsOf(data);
  const isInside = grant.inScope(dimensions);
  if (!entity.validateRead(data)) return isInside ? 'broken' : 'hidden';
  const identifier = entity.subjectOf(data);
  const common = { identifier, version, dimensions };
  if (!isInside) return { ...common, told: undefined, persons: [] };
  const subject = secrets.pseudonym(agreement.number, entity.name, identifier);
  return {
    ...common,
    told: { subject, state: grant.project(data) ?? {} },
    persons: grant.subjectsOfAnswer(data),
  };
}
