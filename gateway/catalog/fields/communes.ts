/**
 * Finds codes of communes that never existed. Records keep the codes of their time, so the code of a former commune is valid
 * anywhere; a code that never existed is wrong wherever a record names it.
 */
import { escapePointer } from '../read/document.ts';
import type { FieldNode } from './fields.ts';
import { formatOf, PROVINCE_FORMATS } from './place-names.ts';
import type { Units } from './places.ts';

/** JSON Pointers, in a record, of such codes; checks only codes beside a province whose communes are known. */
export type NoCommunes = (record: unknown, units: Units) => string[];

type Find = (data: unknown, units: Units, at: string, into: string[]) => void;

const COMMUNE = 'commune-code';
/** The dimension whose finer units are communes. */
const PROVINCE = 'provinceCode';

/** @returns `undefined` for a tree without codes of communes */
export function compileNoCommunes(root: FieldNode): NoCommunes | undefined {
  const find = compile(root);
  if (!find) return undefined;
  return (record, units) => {
    const into: string[] = [];
    find(record, units, '', into);
    return into;
  };
}

function compile(node: FieldNode): Find | undefined {
  const ofItem = node.item && compile(node.item);
  const parts = [...node.properties].flatMap(([name, child]) => {
    const find = compile(child);
    return find ? [{ name, find }] : [];
  });
  const names = [...node.properties.keys()];
  const communes = names.filter((name) => formatOf(node, name) === COMMUNE);
  const province = names.find((name) => PROVINCE_FORMATS.has(formatOf(node, name)));
  if (!ofItem && parts.length === 0 && (communes.length === 0 || province === undefined)) return undefined;
  return (data, units, at, into) => {
    if (typeof data !== 'object' || data === null) return;
    if (Array.isArray(data)) {
      if (ofItem) for (const [index, item] of data.entries()) ofItem(item, units, `${at}/${index}`, into);
      return;
    }
    const source = data as Readonly<Record<string, unknown>>;
    for (const { name, find } of parts) find(source[name], units, `${at}/${escapePointer(name)}`, into);
    const around = province === undefined ? undefined : source[province];
    if (typeof around !== 'string' || units.today(PROVINCE, around) === undefined) return;
    for (const name of communes) {
      const code = source[name];
      if (typeof code !== 'string' || units.of(PROVINCE, code) !== undefined) continue;
      if (!units.mayBe(PROVINCE, code)) into.push(`${at}/${escapePointer(name)}`);
    }
  };
}
