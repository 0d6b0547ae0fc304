/**
 * Reads the part of XML 1.0 that SOAP uses, strictly and in one pass: elements, namespaces, text, CDATA, comments.
 *
 * A document type, an entity beyond the five predefined ones, a processing instruction, an undeclared prefix, text
 * beside elements, a tag that is not closed: all are errors, so that nothing can be smuggled past. A general parser
 * takes ten times as long for a record of 2 kB, and would have to be told not to do most of what it does.
 */

export interface XmlElement {
  readonly namespace: string;
  /** Without its prefix. */
  readonly name: string;
  readonly children: XmlElement[];
  /** Empty when there are children. */
  text: string;
}

/** Not well-formed, or more than we read. Says what is wrong and never quotes. */
export class XmlError extends Error {
  override readonly name = 'XmlError';
}

/** Deeper than any answer: the limit keeps what walks the tree from running out of stack. */
const MAX_DEPTH = 32;

/** Prefixes in scope, innermost first. */
interface Scope {
  readonly prefix: string;
  readonly namespace: string;
  readonly outer: Scope | undefined;
}

interface Open {
  readonly element: XmlElement;
  /** As written, with its prefix: the closing tag must repeat it. */
  readonly tag: string;
  readonly scope: Scope | undefined;
}

const XML_NAMESPACE: Scope = {
  prefix: 'xml',
  namespace: 'http://www.w3.org/XML/1998/namespace',
  outer: undefined,
};

/** @throws XmlError */
export function parseXml(document: string): XmlElement {
  return new XmlReader(document).read();
}

class XmlReader {
  readonly #xml: string;
  #at = 0;
  readonly #open: Open[] = [];
  #root: XmlElement | undefined;

  constructor(xml: string) {
    if (FORBIDDEN.test(xml)) throw new XmlError('forbidden character');
    this.#xml = xml;
  }

  read(): XmlElement {
    this.#skipDeclaration();
    for (;;) {
      const tag = this.#xml.indexOf('<', this.#at);
      const end = tag < 0 ? this.#xml.length : tag;
      if (end > this.#at) this.#addText(decode(this.#xml.slice(this.#at, end)));
      if (tag < 0) break;
      this.#at = tag + 1;
      const next = this.#xml.charCodeAt(this.#at);
      if (next === SLASH) this.#closeElement();
      else if (next === EXCLAMATION) this.#readMarkup();
      else this.#openElement();
    }
    if (!this.#root || this.#open.length > 0) throw new XmlError('ends too early');
    return this.#root;
  }

  /** The declaration says nothing that we do not know, unless it names another encoding. */
  #skipDeclaration(): void {
    if (this.#xml.charCodeAt(0) === BYTE_ORDER_MARK) this.#at = 1;
    if (!this.#xml.startsWith('<?xml', this.#at) || !isSpace(this.#xml.charCodeAt(this.#at + 5))) return;
    const end = this.#xml.indexOf('?>', this.#at);
    if (end < 0) throw new XmlError('declaration without end');
    const declaration = this.#xml.slice(this.#at, end).toLowerCase().replaceAll("'", '"');
    if (declaration.includes('encoding') && !declaration.includes('"utf-8"')) {
      throw new XmlError('encoding is not UTF-8');
    }
    this.#at = end + 2;
  }

  #addText(text: string): void {
    const parent = this.#open.at(-1);
    if (parent && parent.element.children.length === 0) parent.element.text += text;
    else if (!isBlank(text)) throw new XmlError('text where there should be none');
  }

  /** Comment or CDATA; a document type is refused. */
  #readMarkup(): void {
    if (this.#xml.startsWith('!--', this.#at)) {
      this.#at = this.#after('-->', this.#at + 3);
    } else if (this.#xml.startsWith('![CDATA[', this.#at)) {
      const start = this.#at + 8;
      this.#at = this.#after(']]>', start);
      if (this.#open.length === 0) throw new XmlError('CDATA outside the root');
      this.#addText(this.#xml.slice(start, this.#at - 3));
    } else {
      throw new XmlError('document types and declarations are refused');
    }
  }

  #openElement(): void {
    if (this.#root && this.#open.length === 0) throw new XmlError('more than one root');
    if (this.#open.length >= MAX_DEPTH) throw new XmlError('nested too deeply');
    const tag = this.#readName();
    const parent = this.#open.at(-1);
    const scope = this.#readAttributes(parent ? parent.scope : XML_NAMESPACE);
    const colon = tag.indexOf(':');
    const element: XmlElement = {
      namespace: lookUp(scope, colon < 0 ? '' : tag.slice(0, colon)),
      name: colon < 0 ? tag : tag.slice(colon + 1),
      children: [],
      text: '',
    };
    if (!parent) {
      this.#root = element;
    } else {
      if (!isBlank(parent.element.text)) throw new XmlError('text beside elements');
      parent.element.text = '';
      parent.element.children.push(element);
    }
    if (this.#xml.charCodeAt(this.#at) === SLASH) this.#at++;
    else this.#open.push({ element, tag, scope });
    if (this.#xml.charCodeAt(this.#at) !== GREATER) throw new XmlError('tag without end');
    this.#at++;
  }

  #closeElement(): void {
    this.#at++;
    const open = this.#open.pop();
    if (!open || !this.#xml.startsWith(open.tag, this.#at)) throw new XmlError('tag closes what is not open');
    this.#at += open.tag.length;
    this.#skipSpace();
    if (this.#xml.charCodeAt(this.#at) !== GREATER) throw new XmlError('tag without end');
    this.#at++;
  }

  /** Keeps namespace declarations; other attributes are checked and forgotten. */
  #readAttributes(outer: Scope | undefined): Scope | undefined {
    let scope = outer;
    let seen: Set<string> | undefined;
    for (;;) {
      const spaced = this.#skipSpace();
      const next = this.#xml.charCodeAt(this.#at);
      if (next === GREATER || next === SLASH) return scope;
      if (!spaced) throw new XmlError('attribute without a space before it');
      const name = this.#readName();
      seen ??= new Set();
      if (seen.has(name)) throw new XmlError('attribute twice');
      seen.add(name);
      this.#skipSpace();
      if (this.#xml.charCodeAt(this.#at) !== EQUALS) throw new XmlError('attribute without value');
      this.#at++;
      this.#skipSpace();
      const quote = this.#xml[this.#at];
      if (quote !== '"' && quote !== "'") throw new XmlError('attribute without quotes');
      const start = this.#at + 1;
      this.#at = this.#after(quote, start);
      const value = this.#xml.slice(start, this.#at - 1);
      if (value.includes('<')) throw new XmlError('tag inside an attribute');
      if (name === 'xmlns') scope = { prefix: '', namespace: decode(value), outer: scope };
      else if (name.startsWith('xmlns:')) {
        scope = { prefix: name.slice(6), namespace: decode(value), outer: scope };
      }
    }
  }

  #readName(): string {
    const start = this.#at;
    if (!isNameStart(this.#xml.charCodeAt(start))) throw new XmlError('name expected');
    let at = start + 1;
    while (isNamePart(this.#xml.charCodeAt(at))) at++;
    this.#at = at;
    return this.#xml.slice(start, at);
  }

  #skipSpace(): boolean {
    const start = this.#at;
    while (isSpace(this.#xml.charCodeAt(this.#at))) this.#at++;
    return this.#at > start;
  }

  #after(mark: string, from: number): number {
    const found = this.#xml.indexOf(mark, from);
    if (found < 0) throw new XmlError('ends too early');
    return found + mark.length;
  }
}

const SLASH = 47;
const EXCLAMATION = 33;
const EQUALS = 61;
const GREATER = 62;
const BYTE_ORDER_MARK = 0xfeff;

/** Control characters other than tab and line ends. */
const FORBIDDEN = /[^\P{Cc}\t\n\r]/u;

function isSpace(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13 && code !== 11 && code !== 12);
}

function isBlank(text: string): boolean {
  for (let index = 0; index < text.length; index++) if (!isSpace(text.charCodeAt(index))) return false;
  return true;
}

/** Letters, `_`, and everything beyond ASCII: names that XML forbids among these match no name of ours. */
function isNameStart(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95 || code >= 128;
}

/** Also digits, `:`, `-` and `.`. False at the end of the text, where the code is NaN. */
function isNamePart(code: number): boolean {
  return isNameStart(code) || (code >= 48 && code <= 58) || code === 45 || code === 46;
}

function lookUp(scope: Scope | undefined, prefix: string): string {
  for (let inner = scope; inner; inner = inner.outer) if (inner.prefix === prefix) return inner.namespace;
  if (prefix === '') return '';
  throw new XmlError('prefix is not declared');
}

const PREDEFINED = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
]);

/** Longest reference that can be one: `&#x10FFFF;`. */
const LONGEST_REFERENCE = 10;

function decode(text: string): string {
  let ampersand = text.indexOf('&');
  if (ampersand < 0) return text;
  let result = '';
  let from = 0;
  for (; ampersand >= 0; ampersand = text.indexOf('&', from)) {
    const end = text.slice(ampersand, ampersand + LONGEST_REFERENCE).indexOf(';');
    if (end < 0) throw new XmlError('reference without end');
    result += text.slice(from, ampersand) + resolve(text.slice(ampersand + 1, ampersand + end));
    from = ampersand + end + 1;
  }
  return result + text.slice(from);
}

function resolve(name: string): string {
  const predefined = PREDEFINED.get(name);
  if (predefined !== undefined) return predefined;
  const hexadecimal = /^#x[0-9a-fA-F]{1,6}$/.test(name);
  if (!hexadecimal && !/^#[0-9]{1,7}$/.test(name)) throw new XmlError('entity is not predefined');
  const code = hexadecimal ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
  if (code === 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
    throw new XmlError('reference to what is no character');
  }
  const character = String.fromCodePoint(code);
  if (FORBIDDEN.test(character)) throw new XmlError('reference to a forbidden character');
  return character;
}

/** Text as content of an element. Control characters, which XML cannot carry, are left out. */
export function escapeXml(text: string): string {
  return text.replace(SPECIAL, (character) => ESCAPES.get(character) ?? '');
}

const SPECIAL = /[&<>"'\p{Cc}]/gu;

const ESCAPES = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ["'", '&apos;'],
]);
