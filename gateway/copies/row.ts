/** A registry's record as a row of an agreement's copy: the state that the record's changes would have delivered. */
import type { ScanRow } from '../../adapters/adapter.ts';
import type { StreamGrant } from '../catalog/catalog.ts';
import type { Dimensions } from '../changes/change.ts';
import type { Secrets } from '../store/secrets.ts';

export interface CopyRow {
  /** The subject's identifier; never sent. */
  readonly identifier: string;
  readonly version: number;
  readonly dimensions: Dimensions;
  /** The row as the agreement sees it; `undefined`: the record is outside its scope. */
  readonly rendered: { readonly subject: string; readonly state: unknown } | undefined;
  /** Numbers of the persons whom `rendered.state` discloses. */
  readonly persons: readonly string[];
}

/** A record that breaks its schema is not sent, only counted. The count leaves out `hidden` ones, which are outside the scope. */
export type BrokenRow = 'broken' | 'hidden';

export function copyRow(
  { data, version }: ScanRow,
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
