/**
 * The one place that makes texts comparable: the registries compare names in upper-case letters A–Z without accents.
 *
 * A letter is mapped or kept, never dropped: a name without one of its letters is another name. The mapped letters are those that
 * Vietnamese keyboards, old fonts and documents write for a letter A–Z (docs/registries.md, "Letters"): compatibility forms
 * (NFKD, Unicode Standard Annex 15), accents, and letters with a stroke, a bar or a hook. A letter of another script is kept, even
 * when it looks like a Latin one: its meaning would be a guess.
 */

/** Joiners, direction marks, soft hyphens and other invisible characters that copying leaves in a text. */
const INVISIBLE =
  /\u034f|[\ufe00-\ufe0f]|[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]/g;

/** Combining accents, but not the small letters (from U+0363 on) that are written above others. */
const ACCENTS = /[\u0300-\u0362]/g;

/** Characters that folding may change: all but ASCII, and the backquote, which is typed for an apostrophe. */
const TO_FOLD = /[^\0-_a-\x7f]/;

/** Typographic forms, by the ASCII character that replaces them. */
const PUNCTUATION = {
  "'": '‘’‛′ʹʻʼʽʾʿˈꞋꞌ´`＇',
  '"': '“”„‟″«»',
  '-': '‐‑‒–—―−⁃﹘﹣－',
};

/** Latin letters that normalisation does not decompose, by the letters that the registries write for them. */
const LETTERS = {
  ...{ A: 'Ⱥⱥ', B: 'ɃƀƁɓƂƃ', C: 'ȻȼƇƈ', D: 'ĐđÐðƉɖƊɗƋƌ', E: 'Ɇɇ', F: 'Ƒƒ', G: 'ǤǥƓɠ', H: 'ĦħⱧⱨ', I: 'ıƗɨ' },
  ...{ J: 'ȷɈɉ', K: 'ƘƙⱩⱪ', L: 'ŁłȽƚⱠⱡⱢɫ', M: 'Ɱɱ', N: 'ƝɲȠƞ', O: 'ØøƟɵ', P: 'ƤƥⱣᵽ', Q: 'Ɋɋ', R: 'ɌɍⱤɽ' },
  ...{ T: 'ŦŧȾⱦƬƭƮʈ', U: 'Ʉʉ', V: 'Ʋʋ', Y: 'ƳƴɎɏ', Z: 'ƵƶȤȥⱫⱬ' },
  ...{ AE: 'Ææ', OE: 'Œœ', SS: 'ẞß' },
};

const replacePunctuation = replacer(PUNCTUATION);
const replaceLetters = replacer(LETTERS);
/** Icelandic and African letters that look like Đ: keyboards and old conversions write them in its place. */
const replaceEth = replacer({ Đ: 'ÐƉ', đ: 'ðɖ' });

/**
 * The text as its author meant it, ready to be sent on: composed (NFKC), Đ for its look-alikes, plain quotes, apostrophes and
 * hyphens, one space between words, no invisible characters. `Lê Ðăng` → `Lê Đăng`
 */
export function tidyText(text: string): string {
  const plain = TO_FOLD.test(text) ? replaceEth(normalise(text, 'NFKC')) : text;
  return collapseSpaces(plain);
}

/**
 * The text as the registries compare it: upper-case A–Z, digits, one space between words, ASCII punctuation. Other characters are
 * kept as they are. `Lê  Ðăng` → `LE DANG`
 */
export function foldText(text: string): string {
  if (!TO_FOLD.test(text)) return collapseSpaces(text.toUpperCase());
  const letters = normalise(text, 'NFKD').replace(ACCENTS, '');
  return collapseSpaces(replaceLetters(letters).toUpperCase());
}

/**
 * The name as the population registry compares it: without spaces and punctuation too. `Nguyễn Thị Đào` → `NGUYENTHIDAO`,
 * `K’Brơi` → `KBROI`
 */
export function foldName(name: string): string {
  return foldText(name).replace(/[\p{P}\p{S}\p{Z}\p{Cc}\p{Cf}]/gu, '');
}

/**
 * Can the whole name of a person be compared: letters, digits, spaces, apostrophes, hyphens, dots and commas, at least one
 * letter?
 */
export function isPersonName(text: string): boolean {
  const folded = foldText(text);
  return /^[A-Z0-9 '.,-]+$/.test(folded) && /[A-Z]/.test(folded);
}

/** Can the whole name of an enterprise, or a part of it, be compared: letters, digits and ASCII signs, at least two characters? */
export function isEnterpriseName(text: string): boolean {
  const folded = foldText(text);
  return folded.length >= 2 && /^[ -~]+$/.test(folded) && /[A-Z0-9]/.test(folded);
}

/**
 * Punctuation is replaced twice: before the compatibility form, which would turn `´` into a space and an accent; and after it,
 * for the punctuation that it creates (the hyphen of `⁻`, the apostrophe of `ẚ`). The text is composed first, since `´` has two
 * equivalent code points.
 */
function normalise(text: string, form: 'NFKC' | 'NFKD'): string {
  const plain = replacePunctuation(text.replace(INVISIBLE, '').normalize('NFC'));
  return replacePunctuation(plain.normalize(form));
}

/** Any white space: also no-break spaces, tabs and line ends. */
function collapseSpaces(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/** Replaces each character by the key that it is listed under. */
function replacer(table: Readonly<Record<string, string>>): (text: string) => string {
  const replacements = new Map(
    Object.entries(table).flatMap(([by, characters]) => [...characters].map((one) => [one, by] as const)),
  );
  const any = new RegExp(`[${[...replacements.keys()].join('')}]`, 'gu');
  return (text) => text.replace(any, (character) => replacements.get(character)!);
}
