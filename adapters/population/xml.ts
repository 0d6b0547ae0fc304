/**
 * Reads the part of XML 1.0 that SOAP uses: elements, namespaces, text, CDATA, comments. fast-xml-parser does the
 * parsing. This module refuses constructs that the parser accepts and SOAP 1.1 forbids (a document type, processing
 * instructions), and ambiguous ones (an entity beyond the predefined ones, text beside elements, an undeclared prefix, a second
 * root).
 */
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { textFault } from '../values/unicode.ts';

export interface XmlElement {
  readonly namespace: string;
  /** Without its prefix. */
  readonly name: string;
  readonly children: XmlElement[];
  /** Has it attributes that may say something? Declarations of namespaces, and an expected `xsi:type`, do not. */
  readonly attributed: boolean;
  /** Is `xsi:nil="true"` the only such attribute? */
  readonly nil: boolean;
  /** Empty when there are children. */
  readonly text: string;
}

/** Not well-formed, or not supported. Names the fault and never quotes the text. */
export class XmlError extends Error {
  override readonly name = 'XmlError';
}

/** Deeper than any answer: the limit keeps recursive functions from overflowing the stack. */
const MAX_DEPTH = 32;

/** XML 1.0, section 2.2: control characters but tab and line ends; the rest of them `textFault` finds too. */
const FORBIDDEN = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

/** XML 1.0, section 2.8: there may be white space around each sign of equality, and any of it between the parts. */
const DECLARATION =
  /^\ufeff?<\?xml\s+version\s*=\s*(["'])1\.0\1(\s+encoding\s*=\s*(["'])utf-8\3)?(\s+standalone\s*=\s*(["'])(yes|no)\5)?\s*\?>/i;

const TEXT = '#text';
const CDATA = '#cdata';
const ATTRIBUTES = ':@';

// Order is preserved because an object keyed by tag names would merge repeated ones. Values stay text: persons' numbers
// begin with zeros. Entities are decoded below, where an unknown one is an error.
const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  cdataPropName: CDATA,
  ignoreDeclaration: true,
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  processEntities: false,
  htmlEntities: false,
  maxNestedTags: MAX_DEPTH + 1,
});

/** One node of fast-xml-parser: its tag, or `#text` or `#cdata`, and perhaps its attributes. */
type Node = Readonly<Record<string, unknown>>;
type Namespaces = Readonly<Record<string, string>>;

/** @throws XmlError */
export function parseXml(document: string): XmlElement {
  if (/<!(?!--|\[CDATA\[)/.test(document)) throw new XmlError('a document type');
  const [declaration = ''] = DECLARATION.exec(document) ?? [];
  if (document.includes('<?', declaration.length))
    throw new XmlError('a processing instruction, or another encoding');
  if (!isAllowed(document)) throw new XmlError('a character that XML or Unicode does not have');
  if (XMLValidator.validate(document) !== true) throw new XmlError('not well-formed');
  let nodes: readonly Node[];
  try {
    nodes = parser.parse(document) as readonly Node[];
  } catch (cause) {
    throw new XmlError('not well-formed', { cause });
  }
  const roots = elementsOf(nodes);
  if (roots.length !== 1) throw new XmlError('not one root');
  // The parser drops text after the root.
  if (textOf(nodes).trim() !== '' || !document.trimEnd().endsWith('>'))
    throw new XmlError('text beside the root');
  return read(roots[0]!, { xml: 'http://www.w3.org/XML/1998/namespace' }, 1);
}

function read(node: Node, outer: Namespaces, depth: number): XmlElement {
  if (depth > MAX_DEPTH) throw new XmlError('nested too deep');
  const tag = tagOf(node);
  const attributes = node[ATTRIBUTES] as Node | undefined;
  const namespaces = declare(outer, attributes);
  const colon = tag.indexOf(':');
  const prefix = tag.slice(0, Math.max(colon, 0));
  const namespace = Object.hasOwn(namespaces, prefix) ? namespaces[prefix]! : '';
  if (prefix !== '' && namespace === '') throw new XmlError('a prefix that is not declared');
  const content = node[tag] as readonly Node[];
  const children = elementsOf(content).map((child) => read(child, namespaces, depth + 1));
  const text = textOf(content);
  if (children.length > 0 && text.trim() !== '') throw new XmlError('text beside elements');
  const name = tag.slice(colon + 1);
  return {
    namespace,
    name,
    children,
    ...readAttributes(attributes, namespaces, name),
    text: children.length > 0 ? '' : text,
  };
}

const PLAIN = { attributed: false, nil: false } as const;

/** Separates the attributes that tools write beside their own values (XML Schema, part 1, section 2.6) from possible messages. */
function readAttributes(
  attributes: Node | undefined,
  namespaces: Namespaces,
  element: string,
): Pick<XmlElement, 'attributed' | 'nil'> {
  if (!attributes) return PLAIN;
  let [attributed, nil] = [false, false];
  for (const [written, value] of Object.entries(attributes)) {
    if (/^xmlns(:|$)/.test(written)) continue;
    const [name, prefix] = written.split(':').reverse() as [string, string?];
    const isOfSchemas =
      prefix !== undefined && Object.hasOwn(namespaces, prefix) && namespaces[prefix] === XSI;
    const says = isOfSchemas ? saysOfSchemas(name, String(value).trim(), element) : 'more';
    if (says === 'nil') nil = true;
    else if (says === 'more') attributed = true;
  }
  return { attributed: attributed || nil, nil: nil && !attributed };
}

const XSI = 'http://www.w3.org/2001/XMLSchema-instance';

function saysOfSchemas(name: string, value: string, element: string): 'nothing' | 'nil' | 'more' {
  if (name === 'nil')
    return /^(true|1)$/.test(value) ? 'nil' : /^(false|0)$/.test(value) ? 'nothing' : 'more';
  if (name === 'schemaLocation' || name === 'noNamespaceSchemaLocation') return 'nothing';
  // A type of another name may be an error's.
  const type = name === 'type' ? value.slice(value.indexOf(':') + 1) : '';
  const isExpected = /^(string|boolean|anyType|ArrayOf\w*)$/.test(type) || type.includes(element);
  return name === 'type' && isExpected ? 'nothing' : 'more';
}

/** Is an element empty, apart from white space? */
export function isBlankElement({ text, children, attributed, nil }: XmlElement): boolean {
  return text.trim() === '' && (!attributed || nil) && children.every(isBlankElement);
}

function tagOf(node: Node): string {
  for (const name in node) if (name !== ATTRIBUTES) return name;
  throw new XmlError('an element without a name');
}

function elementsOf(nodes: readonly Node[]): Node[] {
  return nodes.filter((node) => node[TEXT] === undefined && node[CDATA] === undefined);
}

function textOf(nodes: readonly Node[]): string {
  let text = '';
  for (const node of nodes) {
    if (node[TEXT] !== undefined) text += decode(String(node[TEXT]));
    else if (node[CDATA] !== undefined)
      for (const part of node[CDATA] as readonly Node[]) text += String(part[TEXT]);
  }
  return text;
}

function declare(outer: Namespaces, attributes: Node | undefined): Namespaces {
  if (!attributes) return outer;
  const inner: Record<string, string> = { ...outer };
  for (const [name, value] of Object.entries(attributes)) {
    if (name === 'xmlns') inner[''] = String(value);
    else if (name.startsWith('xmlns:')) inner[name.slice(6)] = String(value);
  }
  return inner;
}

const predefined: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function decode(text: string): string {
  if (!text.includes('&')) return text;
  return text.replaceAll(/&([^;&]*);?/g, (reference: string, name: string) => {
    if (!reference.endsWith(';')) throw new XmlError('a bare ampersand');
    if (name.startsWith('#')) return character(name);
    if (!Object.hasOwn(predefined, name)) throw new XmlError('an entity that is not predefined');
    return predefined[name]!;
  });
}

/** `#38` or `#x26` (XML 1.0, section 4.1): a character that XML allows. */
function character(name: string): string {
  const code = /^#x[\da-f]{1,6}$/i.test(name)
    ? Number.parseInt(name.slice(2), 16)
    : /^#\d{1,7}$/.test(name)
      ? Number(name.slice(1))
      : Number.NaN;
  if (!(code <= 0x10ffff) || !isAllowed(String.fromCodePoint(code))) {
    throw new XmlError('a character that XML or Unicode does not have');
  }
  return String.fromCodePoint(code);
}

function isAllowed(text: string): boolean {
  return !FORBIDDEN.test(text) && textFault(text) === undefined;
}

/**
 * Text as content of an element. Tabs and line ends are written as references, which no reader changes; control characters that
 * XML cannot carry become a space: without it, `12\n34 Trần Phú` would be number 1234.
 */
export function escapeXml(text: string): string {
  return text.replace(/[&<>"'\p{Cc}]/gu, (character) => {
    if (/[\t\n\r]/.test(character)) return `&#${character.charCodeAt(0)};`;
    return escapes[character] ?? (isAllowed(character) ? character : ' ');
  });
}

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};
