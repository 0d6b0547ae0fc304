/**
 * What the registry is asked for when somebody searches for a name. It finds the names that hold a text, letter by letter: a
 * query in abbreviations misses the names in full, and the other way round. So a query is asked for in several ways of writing
 * it, and one that could be written in too many by a part of it; what then does not fit the whole query is left out here.
 */
import { foldText, tidyText } from '../../values/letters.ts';
import { COMPOUNDS, WORDS } from './abbreviations.ts';

export interface SearchTexts {
  /** As it was given first, and at most `MOST_TEXTS` others. */
  readonly texts: readonly string[];
  /**
   * Does a name that was found by the text at `index` belong to what was searched for, and not to what an earlier text finds?
   * `undefined`: all that the one text finds.
   */
  readonly accepts: ((name: string, index: number) => boolean) | undefined;
  /** Are the texts a part only of what was searched for? Then much of what they find may not be accepted. */
  readonly isPart: boolean;
}

/** Ways of writing that the registry is asked for, of one query in one province. */
const MOST_TEXTS = 4;

/** A word of its own, or words that can be shortened. */
interface Item {
  /** As the registry compares it, in full. */
  readonly folded: string;
  /** Ways of writing it. */
  readonly written: readonly string[];
}

const items: ReadonlyMap<string, Item> = new Map(
  Object.entries(WORDS).map(([full, short]) => [full, { folded: foldText(full), written: [full, ...short] }]),
);

/** What can be shortened says less than words of a name's own. */
const shortened: ReadonlySet<Item> = new Set(items.values());

/** Abbreviations of several items that follow each other. */
const compounds = Object.entries(COMPOUNDS).map(([written, words]) => ({
  written,
  items: words.map((word) => items.get(word)!),
}));

/** Written as a word or as a sign, with spaces around it or without: nothing is asked for across it. */
const AND: Item = { folded: 'VA', written: ['VÀ'] };

/** A hyphen beside words that can be shortened (`TM-DV`): written as it is, with spaces around it, or as a space. */
const HYPHEN: Item = { folded: '', written: ['-'] };

/** Nothing is asked for across them: a name may have them in any of their forms. */
const GAPS: ReadonlySet<Item> = new Set([AND, HYPHEN]);

/** The items that a text, folded, stands for. */
const known = new Map<string, readonly Item[]>([
  ['VA', [AND]],
  ['&', [AND]],
]);
for (const item of items.values()) for (const text of item.written) known.set(foldText(text), [item]);
for (const one of compounds) known.set(foldText(one.written), one.items);

const LONGEST = Math.max(...[...known.keys()].map((text) => text.split(' ').length));

/** @param name part of a name, as a caller gave it; empty: any */
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

/** Reads the words of a text from left to right, the longest known ones first. */
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

/** An abbreviation is written with dots or without: `C.TY`, `T.N.H.H.` */
function keyOf(word: string): string {
  if (word === '&') return word;
  return foldText(word)
    .replace(/^[^A-Z0-9]+|[^A-Z0-9]+$/g, '')
    .replaceAll('.', '');
}

/**
 * A word that is not known as a whole. With hyphens in it, it may be words that an address or a file name has put them between
 * (`cong-ty-nam-gia`), or be written so (`VIỆT-MỸ`): both are asked for.
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

/** The part that says most by words of its own, then by its length, of those that can be asked for in few enough ways. */
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

/** Every way of writing the items from `first` to before `end`; an abbreviation may hold the ones after them too. */
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
