/**
 * The events that an agreement has to receive of an enterprise's history: the rule of scope and fields, written a second time, from
 * the documents (docs/agreements.md, docs/life-of-a-change.md) and not from the gateway's code. It knows the history
 * alone, and the answers to the provider: a change with a 201 has to arrive, a change without may.
 */
import { createHash } from 'node:crypto';
import type { TestAgreement } from './agreements.ts';
import type { Change, Enterprise } from './history.ts';

/** One event, as it has to be. */
export interface Expected {
  readonly version: number;
  /** Of what it is about, within the history, from 0. */
  readonly index: number;
  /** {@link digestOf} its data. */
  readonly digest: string;
  readonly operation: Change['operation'];
}

export function expectedOf(history: Iterable<Change>, agreement: TestAgreement): Expected[] {
  const expected: Expected[] = [];
  let visible = false;
  let index = -1;
  for (const change of history) {
    index += 1;
    const wasVisible = visible;
    const { data, version } = change;
    visible = data !== null && isInside(data, agreement);
    if (data === null || !visible) {
      if (wasVisible) {
        const rendered = { version, operation: 'deleted', changedFields: [] } as const;
        expected.push({ version, index, operation: 'deleted', digest: digestOf(rendered) });
      }
      continue;
    }
    const changedFields = change.changedFields.filter((field) =>
      agreement.fields.some((granted) => meet(field, granted)),
    );
    if (wasVisible && change.operation === 'updated' && changedFields.length === 0) continue;
    // To a reader outside its former scope the record is new, whatever happened to it.
    const operation = wasVisible ? change.operation : 'created';
    const rendered = { version, operation, changedFields, state: granted(data, agreement) };
    expected.push({ version, index, operation, digest: digestOf(rendered) });
  }
  return expected;
}

function isInside({ headOffice }: Enterprise, { provinces }: TestAgreement): boolean {
  return provinces === undefined || provinces.includes(headOffice.provinceCode);
}

/** Does a change at one pointer touch what the other grants? When either leads to or into the other. */
function meet(changed: string, granted: string): boolean {
  const [left, right] = [changed.split('/'), granted.split('/')];
  const shorter = Math.min(left.length, right.length);
  return left.slice(0, shorter).every((part, at) => right[at] === part || right[at] === '*');
}

/** A copy of what the agreement grants. */
function granted(data: Enterprise, { fields }: TestAgreement): unknown {
  const paths = fields.map((field) => field.split('/').slice(1));
  return copy(data, paths);
}

function copy(value: unknown, paths: readonly (readonly string[])[]): unknown {
  if (paths.some((path) => path.length === 0)) return value;
  if (Array.isArray(value)) {
    const inner = paths.filter(([first]) => first === '*').map((path) => path.slice(1));
    return inner.length > 0 ? value.map((item) => copy(item, inner)) : undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const members = Object.entries(value).flatMap(([name, member]) => {
    const inner = paths.filter(([first]) => first === name).map((path) => path.slice(1));
    const copied = inner.length > 0 ? copy(member, inner) : undefined;
    return copied === undefined ? [] : [[name, copied] as const];
  });
  return members.length > 0 ? Object.fromEntries(members) : undefined;
}

/** The same for the same JSON, whatever the order of its members. */
export function digestOf(json: unknown): string {
  return createHash('sha1').update(sorted(json)).digest('base64');
}

/** JSON with the members of its objects in order: RFC 8785, as far as the run's data go. */
export function sorted(json: unknown): string {
  if (Array.isArray(json)) return `[${json.map(sorted).join()}]`;
  if (typeof json !== 'object' || json === null) return JSON.stringify(json);
  const members = Object.entries(json).filter(([, value]) => value !== undefined);
  members.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, value]) => `${JSON.stringify(name)}:${sorted(value)}`).join()}}`;
}
