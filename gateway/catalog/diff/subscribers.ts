/**
 * Effects of a change on systems that keep copies: each system that follows a registry's changes, by agreement, with its
 * topics. A copy cannot simply ask again as a caller can, so more effects are reported than for answers:
 *
 * | | breaks |
 * |---|---|
 * | the entity or its stream is gone, or no longer granted | yes: nothing more is delivered, the topics are deleted after the grace time |
 * | the events' type has another version | yes |
 * | a granted field is gone, or has another type or format | yes |
 * | a granted field is narrower | yes: a record that does not fit is refused from its provider, and never delivered |
 * | a granted field allows more (a longer text, another value) | no, but reported |
 * | other fields or rows are granted | no: a new generation, with another topic, and cursors of the feed end |
 * | a new field | no |
 */
import type { Catalog, StreamGrant } from '../catalog.ts';
import { compareSchemas } from './compatibility.ts';
import { fileOf, meets } from './contracts.ts';
import { constraintsOf } from './schema.ts';

export interface SubscriberChange {
  readonly agreement: string;
  /** Systems that read it, by the agreement before. */
  readonly systems: readonly string[];
  /** Stream and entity: `business.changes.read enterprise`. */
  readonly target: string;
  /** Of every generation. */
  readonly topics: string;
  readonly effects: readonly SubscriberEffect[];
}

export interface SubscriberEffect {
  readonly message: string;
  readonly breaks: boolean;
}

/** By agreement and target, sorted; only those with an effect. */
export function compareSubscribers(before: Catalog, after: Catalog): SubscriberChange[] {
  const now = new Map(after.streamGrants.map((grant) => [keyOf(grant), grant]));
  const schemas = schemaEffects(before, after);
  return before.streamGrants
    .map((old) => {
      const { agreement, systems, stream, entity } = old;
      return {
        agreement: agreement.number,
        systems: systems.toSorted(),
        target: `${stream.name} ${entity.name}`,
        topics: `lienthong.${entity.registry}.${entity.name}.${agreement.number}.g*`,
        effects: effectsOn(old, now.get(keyOf(old)), after, schemas),
      };
    })
    .filter(({ effects }) => effects.length > 0)
    .sort((a, b) => a.agreement.localeCompare(b.agreement) || a.target.localeCompare(b.target));
}

const keyOf = ({ agreement, stream, entity }: StreamGrant): string =>
  `${agreement.number} ${stream.name} ${entity.name}`;

interface SchemaEffect extends SubscriberEffect {
  readonly path: string;
}

/** Effects of one pair of schemas: the same for all subscribers of the entity. */
type SchemaEffects = (old: StreamGrant, now: StreamGrant) => readonly SchemaEffect[];

function effectsOn(
  old: StreamGrant,
  now: StreamGrant | undefined,
  after: Catalog,
  schemas: SchemaEffects,
): SubscriberEffect[] {
  const { stream, entity, fields } = old;
  if (!now) {
    const left = after.streams.get(stream.name);
    const what = !left
      ? 'the stream is removed'
      : left.entities.has(entity.name)
        ? undefined
        : 'the entity is removed';
    return [
      {
        message: `${what ?? 'is no longer granted'}: nothing more is delivered, topics are deleted after the grace time`,
        breaks: true,
      },
    ];
  }
  const effects: SubscriberEffect[] = schemas(old, now)
    .filter(({ path }) => fields.disclosed.some((leaf) => meets(leaf, path)))
    .map(({ message, breaks }) => ({ message, breaks }));
  if (entity.version !== now.entity.version) {
    const message = `the type of its events was v${entity.version} and is v${now.entity.version}`;
    effects.unshift({ message, breaks: true });
  }
  if (old.digest !== now.digest) {
    effects.push({
      message: 'a new generation begins: another topic, and cursors of the feed end',
      breaks: false,
    });
  }
  return effects;
}

function schemaEffects(before: Catalog, after: Catalog): SchemaEffects {
  const known = new Map<string, readonly SchemaEffect[]>();
  return ({ entity: old }, { entity: now }) => {
    const [was, is] = [fileOf(old.schema), fileOf(now.schema)];
    const key = `${was} ${is}`;
    let effects = known.get(key);
    if (!effects) {
      const [constraints, others] = [constraintsOf(was, before.schemas), constraintsOf(is, after.schemas)];
      const read = compareSchemas(constraints, others, 'answer').filter(
        ({ message }) => message !== 'is new',
      );
      const broken = new Set(read.filter(({ breaks }) => breaks).map(({ path }) => path));
      // Records that a provider may no longer publish never reach a subscriber.
      const narrower = compareSchemas(constraints, others, 'request').filter(
        ({ path, breaks }) => breaks && !broken.has(path),
      );
      effects = [
        ...read
          .filter(
            ({ path, message }) => !narrower.some((one) => one.path === path && one.message === message),
          )
          .map(({ path, message, breaks }) => ({ path, message: `${path || '/'}: ${message}`, breaks })),
        ...narrower.map(({ path, message }) => ({
          path,
          message: `${path || '/'}: ${message}; a record that does not fit is not delivered`,
          breaks: true,
        })),
      ];
      known.set(key, effects);
    }
    return effects;
  };
}
