/**
 * Adds names of provinces and communes to their codes. Registries often send codes alone; the gateway's list of administrative
 * units has their names of today. A name is left out when it is not certain.
 *
 * `x-name-of` marks the field of a name, and names the property with the code.
 */
import { childrenOf, type FieldNode } from './fields.ts';
import type { Selection } from './selection.ts';

/** The list of administrative units, by code. */
export interface PlaceNames {
  /** `Thành phố Hà Nội`; `undefined` for a former province. */
  province(code: string): string | undefined;
  /** `Phường Ba Đình`, if the list has the commune in that province. */
  commune(code: string, province: string): string | undefined;
}

/** Returns the record, or list of records, with missing names added. MUST NOT change its argument. */
export type NamePlaces = (data: unknown, names: PlaceNames) => unknown;

type Source = Readonly<Record<string, unknown>>;

/** Codes of communes were reassigned when districts were abolished: beside a district, today's list names another commune. */
const DISTRICT = 'districtCode';
export const PROVINCE_FORMATS: ReadonlySet<string> = new Set(['province-code', 'historic-province-code']);

const known = new WeakMap<FieldNode, NamePlaces | 'none'>();

/** @returns `undefined` for a tree without such fields. The same for every grant: it is compiled once. */
export function compileNamePlaces(node: FieldNode): NamePlaces | undefined {
  let compiled = known.get(node);
  if (compiled === undefined) {
    compiled = compile(node) ?? 'none';
    known.set(node, compiled);
  }
  return compiled === 'none' ? undefined : compiled;
}

/** Does a selection of this tree disclose the name of a unit? */
export function namesPlaces(root: FieldNode, selection: Selection): boolean {
  let names = namesIn.get(root);
  if (!names) {
    names = findNames(root);
    namesIn.set(root, names);
  }
  return names.some((node) => selection.of(node) === 'all');
}

const namesIn = new WeakMap<FieldNode, readonly FieldNode[]>();

/** The fields with names of units: the same for every grant, so they are found once. */
function findNames(node: FieldNode): FieldNode[] {
  if (node.nameOf === undefined) return childrenOf(node).flatMap(findNames);
  return node.leaf ? [node] : [];
}

function compile(node: FieldNode): NamePlaces | undefined {
  const ofItem = node.item && compileNamePlaces(node.item);
  const parts = [...node.properties].flatMap(([name, child]) => {
    const ofPart = compileNamePlaces(child);
    return ofPart ? [{ name, ofPart }] : [];
  });
  const own = [...node.properties].flatMap(([name, { nameOf }]) =>
    nameOf === undefined
      ? []
      : [{ name, code: nameOf, isProvince: PROVINCE_FORMATS.has(formatOf(node, nameOf)) }],
  );
  const province = [...node.properties.keys()].find((name) => PROVINCE_FORMATS.has(formatOf(node, name)));
  if (!ofItem && parts.length === 0 && own.length === 0) return undefined;
  return (data, names) => {
    if (Array.isArray(data)) return ofItem ? data.map((item) => ofItem(item, names)) : data;
    if (typeof data !== 'object' || data === null) return data;
    const source = data as Source;
    const target: Record<string, unknown> = { ...source };
    for (const { name, ofPart } of parts)
      if (target[name] !== undefined) target[name] = ofPart(target[name], names);
    for (const { name, code, isProvince } of own) {
      if (target[name] !== undefined) continue;
      const found = isProvince
        ? nameOfProvince(source[code], names)
        : nameOfCommune(source, code, province, names);
      if (found !== undefined) target[name] = found;
    }
    return target;
  };
}

function nameOfProvince(code: unknown, names: PlaceNames): string | undefined {
  return typeof code === 'string' ? names.province(code) : undefined;
}

function nameOfCommune(
  source: Source,
  code: string,
  province: string | undefined,
  names: PlaceNames,
): string | undefined {
  const [commune, around] = [source[code], province && source[province]];
  if (typeof commune !== 'string' || typeof around !== 'string' || source[DISTRICT] !== undefined)
    return undefined;
  return names.commune(commune, around);
}

/** The format of a member of an object; '' for none. */
export function formatOf({ properties }: FieldNode, name: string): string {
  const subschemas = properties.get(name)?.subschemas ?? [];
  return subschemas.find(({ schema }) => schema.format !== undefined)?.schema.format ?? '';
}
