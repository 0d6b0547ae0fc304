/** A registry's record as a row of an agreement's copy: what the changes of that record would have rendered. */
import type { ScannedRow } from '../../adapters/adapter.ts';
import type { StreamGrant } from '../catalog/catalog.ts';
import type { Dimensions } from '../changes/change.ts';
import type { Secrets } from '../store/secrets.ts';

export interface CopyRow {
  /** The identifier itself: not rendered. */
  readonly identifier: string;
  readonly version: number;
  readonly dimensions: Dimensions;
  /** What the agreement is told; `undefined`: the record is outside its scope. */
  readonly rendered: { readonly subject: string; readonly state: unknown } | undefined;
  /** Numbers of the persons whom `rendered.state` discloses. */
  readonly persons: readonly string[];
}

/** A record that breaks its schema: nothing of it is rendered. That there is a `hidden` one, outside the scope, is not either. */
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
  if (!isInside) return { ...common, rendered: undefined, persons: [] };
  const subject = secrets.pseudonym(agreement.number, entity.name, identifier);
  return {
    ...common,
    rendered: { subject, state: grant.project(data) ?? {} },
    persons: grant.subjectsOfAnswer(data),
  };
}
