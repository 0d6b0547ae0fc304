/**
 * The one place where texts become comparable: the registries compare names in upper-case letters A–Z without accents.
 *
 * A letter is mapped or it stays. None is dropped: a name without one of its letters is another name. What is mapped is what
 * Vietnamese keyboards, old fonts and documents write for a letter A–Z (docs/registries.md, "Letters"): compatibility forms
 * (NFKD, Unicode Standard Annex 15), accents, and letters with a stroke, a bar or a hook. A letter of another script stays,
 * also where it looks like one of ours: nobody can tell what was meant.
 */

/** Joiners, direction marks, soft hyphens and the like, which copying leaves in a text and nobody sees. */
const INVISIBLE =
  /\u034f|[\ufe00-\ufe0f]|[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]/g;

/** Combining accents, but not the small letters (U+0363 and after) that stand above others. */
const ACCENTS = /[\u0300-\u0362]/g;

/** What is not as it is compared already: all but ASCII, and of that the backquote, which is typed for an apostrophe. */
const TO_FOLD = /[^\0-_a-\x7f]/;

/** Typographic forms by the ASCII character that they stand for. */
const PUNCTUATION = {
  "'": '‘’‛′ʹʻʼʽʾʿˈꞋꞌ´`＇',
  '"': '“”„‟″«»',
  '-': '‐‑‒–—―−⁃﹘﹣－',
};

/** Letters of the Latin script that no normalisation takes apart, by what the registries write for them. */
const LETTERS = {
  ...{ A: 'Ⱥⱥ', B: 'ɃƀƁɓƂƃ', C: 'ȻȼƇƈ', D: 'ĐđÐðƉɖƊɗƋƌ', E: 'Ɇɇ', F: 'Ƒƒ', G: 'ǤǥƓɠ', H: 'ĦħⱧⱨ', I: 'ıƗɨ' },
  ...{ J: 'ȷɈɉ', K: 'ƘƙⱩⱪ', L: 'ŁłȽƚⱠⱡⱢɫ', M: 'Ɱɱ', N: 'ƝɲȠƞ', O: 'ØøƟɵ', P: 'ƤƥⱣᵽ', Q: 'Ɋɋ', R: 'ɌɍⱤɽ' },
  ...{ T: 'ŦŧȾⱦƬƭƮʈ', U: 'Ʉʉ', V: 'Ʋʋ', Y: 'ƳƴɎɏ', Z: 'ƵƶȤȥⱫⱬ' },
  ...{ AE: 'Ææ', OE: 'Œœ', SS: 'ẞß' },
};

const replacePunctuation = replacer(PUNCTUATION);
const replaceLetters = replacer(LETTERS);
/** What looks like Đ and is not: Icelandic and African letters that keyboards and old conversions put in its place. */
const replaceEth = replacer({ Đ: 'ÐƉ', đ: 'ðɖ' });

/**
 * A text as it was meant, to be sent on: composed (NFKC), Đ for what looks like it, plain quotes, apostrophes and hyphens, one
 * space between words, nothing that cannot be seen. `Lê Ðăng` → `Lê Đăng`
 */
export function tidyText(text: string): string {
  const plain = TO_FOLD.test(text) ? replaceEth(normalise(text, 'NFKC')) : text;
  return collapseSpaces(plain);
}

/**
 * A text as the registries compare it: upper-case A–Z, digits, one space between words, punctuation in ASCII. Characters of
 * which the registries have nothing stay what they are. `Lê  Ðăng` → `LE DANG`
 */
export function foldText(text: string): string {
  if (!TO_FOLD.test(text)) return collapseSpaces(text.toUpperCase());
  const letters = normalise(text, 'NFKD').replace(ACCENTS, '');
  return collapseSpaces(replaceLetters(letters).toUpperCase());
}

/**
 * A name as the population registry compares it: no spaces and no punctuation either. `Nguyễn Thị Đào` → `NGUYENTHIDAO`,
 * `K’Brơi` → `KBROI`
 */
export function foldName(name: string): string {
  return foldText(name).replace(/[\p{P}\p{S}\p{Z}\p{Cc}\p{Cf}]/gu, '');
}

/** Can all of a person's name be compared: letters, digits, spaces, apostrophes, hyphens, dots and commas, one letter at least? */
export function isPersonName(text: string): boolean {
  const folded = foldText(text);
  return /^[A-Z0-9 '.,-]+$/.test(folded) && /[A-Z]/.test(folded);
}

/** Can all of an enterprise's name, or of a part of it, be compared: letters, digits and the signs of ASCII, two characters at least? */
export function isEnterpriseName(text: string): boolean {
  const folded = foldText(text);
  return folded.length >= 2 && /^[ -~]+$/.test(folded) && /[A-Z0-9]/.test(folded);
}

/**
 * Punctuation is replaced twice: `´` before the compatibility form makes a space and an accent of it, and what comes out of that
 * form after it, as the hyphen of `⁻` and the apostrophe of `ẚ`. Composed first, since `´` has two code points that mean the same.
 */
function normalise(text: string, form: 'NFKC' | 'NFKD'): string {
  const plain = replacePunctuation(text.replace(INVISIBLE, '').normalize('NFC'));
  return replacePunctuation(plain.normalize(form));
}

/** Of every kind of white space: also no-break spaces, tabs and line ends. */
function collapseSpaces(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/** Replaces each character by the text that it is listed under. */
function replacer(table: Readonly<Record<string, string>>): (text: string) => string {
  const replacements = new Map(
    Object.entries(table).flatMap(([by, characters]) => [...characters].map((one) => [one, by] as const)),
  );
  const any = new RegExp(`[${[...replacements.keys()].join('')}]`, 'gu');
  return (text) => text.replace(any, (character) => replacements.get(character)!);
}
