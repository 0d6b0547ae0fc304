/**
 * The texts that the registry is asked for when a caller searches for a name. The registry finds names that contain a text,
 * letter by letter: a query in abbreviations misses the names in full, and the reverse. So a query is asked in several spellings; a
 * query with too many spellings is replaced by a part of it, and the rows that do not match the whole query are dropped here.
 */
import { foldText, tidyText } from '../../values/letters.ts';
import { COMPOUNDS, WORDS } from './abbreviations.ts';

export interface SearchTexts {
  /** The text as given, then at most `MOST_TEXTS` others. */
  readonly texts: readonly string[];
  /**
   * Does a name that the text at `index` found match the query, and no earlier text?
   * `undefined`: every name that the one text finds matches.
   */
  readonly accepts: ((name: string, index: number) => boolean) | undefined;
  /** Are the texts only a part of the query? Then many of the names that they find may not match. */
  readonly isPart: boolean;
}

/** Most spellings of one query, in one province. */
const MOST_TEXTS = 4;

/** A word without abbreviations, or words that can be abbreviated. */
interface Item {
  /** In full, as the registry compares it. */
  readonly folded: string;
  /** Its spellings. */
  readonly written: readonly string[];
}

const items: ReadonlyMap<string, Item> = new Map(
  Object.entries(WORDS).map(([full, short]) => [full, { folded: foldText(full), written: [full, ...short] }]),
);

/** Words that can be abbreviated distinguish a name less than its own words. */
const shortened: ReadonlySet<Item> = new Set(items.values());

/** Abbreviations of several consecutive items. */
const compounds = Object.entries(COMPOUNDS).map(([written, words]) => ({
  written,
  items: words.map((word) => items.get(word)!),
}));

/** A word or a sign, with or without spaces around it: no text spans it. */
const AND: Item = { folded: 'VA', written: ['VÀ'] };

/** A hyphen beside words that can be abbreviated (`TM-DV`): written as a hyphen, with spaces around it, or as a space. */
const HYPHEN: Item = { folded: '', written: ['-'] };

/** No text spans them, because a name may have them in any form. */
const GAPS: ReadonlySet<Item> = new Set([AND, HYPHEN]);

/** The items that a folded text stands for. */
const known = new Map<string, readonly Item[]>([
  ['VA', [AND]],
  ['&', [AND]],
]);
for (const item of items.values()) for (const text of item.written) known.set(foldText(text), [item]);
for (const one of compounds) known.set(foldText(one.written), one.items);

const LONGEST = Math.max(...[...known.keys()].map((text) => text.split(' ').length));

/** @param name part of a name, from the caller; empty: any name */
export function searchTexts(name: string): SearchTexts {
  const text = tidyText(name);
  const parts = itemsOf(text);
  if (parts.every((one) => one.written.length === 1 && one !== HYPHEN))
    return { texts: [text], accepts: undefined, isPart: false };
  const [first, end] = widestPart(parts);
  const isWhole = first === 0 && end === parts.length;
  const ways = writingsOf(parts, first, end);
  const texts = [text, ...ways.filter((way) => foldText(way) !== foldText(text))];
  const folded = texts.map(foldText);
  const wanted = inFull(parts);
  return {
    texts,
    isPart: !isWhole,
    accepts(name, index) {
      const found = foldText(name);
      return (
        !folded.slice(0, index).some((earlier) => found.includes(earlier)) &&
        (isWhole || found.includes(foldText(text)) || inFull(itemsOf(name)).includes(wanted))
      );
    },
  };
}

/** Splits a text into items from left to right, the longest known words first. */
function itemsOf(text: string): Item[] {
  const words = text.replaceAll('&', ' & ').split(/\s+/).filter(Boolean);
  const keys = words.map(keyOf);
  const found: Item[] = [];
  for (let at = 0; at < words.length; ) {
    let length = Math.min(LONGEST, words.length - at);
    while (length > 0 && !known.has(keys.slice(at, at + length).join(' '))) length--;
    if (length > 0) found.push(...known.get(keys.slice(at, at + length).join(' '))!);
    else found.push(...unknownItems(words[at]!));
    at += Math.max(length, 1);
  }
  return found;
}

/** The abbreviation without its dots: `C.TY`, `T.N.H.H.` */
function keyOf(word: string): string {
  if (word === '&') return word;
  return foldText(word)
    .replace(/^[^A-Z0-9]+|[^A-Z0-9]+$/g, '')
    .replaceAll('.', '');
}

/**
 * Items of an unknown word. A word with hyphens may be several words that an address or a file name has joined
 * (`cong-ty-nam-gia`), or be spelt so (`VIỆT-MỸ`): both are asked for.
 */
function unknownItems(word: string): Item[] {
  const pieces = word.split('-').filter(Boolean);
  if (pieces.length < 2) return [{ folded: foldText(word), written: [word] }];
  const found: Item[] = [];
  let own: Item[] = [];
  const endOwn = () => {
    if (own.length === 0) return;
    const words = own.map(({ written }) => written[0]!);
    found.push({ folded: inFull(own), written: [...new Set([words.join('-'), words.join(' ')])] });
    own = [];
  };
  for (const item of itemsOf(pieces.join(' '))) {
    if (!shortened.has(item) && item !== AND) {
      own.push(item);
      continue;
    }
    endOwn();
    found.push(item);
  }
  endOwn();
  return found.flatMap((item, index) => (index === 0 ? [item] : [HYPHEN, item]));
}

function inFull(parts: readonly Item[]): string {
  return parts
    .map(({ folded }) => folded)
    .filter((text) => text !== '')
    .join(' ');
}

/** The part with the most text in words of its own, then the longest, among the parts with few enough spellings. */
function widestPart(parts: readonly Item[]): readonly [first: number, end: number] {
  let best: readonly [first: number, end: number] = [0, 1];
  let most = -1;
  for (let first = 0; first < parts.length; first++) {
    let ways = 1;
    let says = 0;
    for (let end = first + 1; end <= parts.length; end++) {
      const item = parts[end - 1]!;
      if (GAPS.has(item)) break;
      ways *= item.written.length;
      if (ways > MOST_TEXTS || writingsOf(parts, first, end).length > MOST_TEXTS) break;
      says += item.folded.length * (shortened.has(item) ? 1 : 1_000);
      if (says > most) [best, most] = [[first, end], says];
    }
  }
  return best;
}

/** Every spelling of the items from `first` to before `end`; an abbreviation may include later items too. */
function writingsOf(parts: readonly Item[], first: number, end: number): string[] {
  if (first >= end) return [''];
  const heads = [
    ...parts[first]!.written.map((written) => ({ written, length: 1 })),
    ...compounds
      .filter((one) => one.items.every((item, index) => parts[first + index] === item))
      .map((one) => ({ written: one.written, length: one.items.length })),
  ];
  return heads.flatMap(({ written, length }) =>
    writingsOf(parts, first + length, end).map((rest) => (rest === '' ? written : `${written} ${rest}`)),
  );
}
