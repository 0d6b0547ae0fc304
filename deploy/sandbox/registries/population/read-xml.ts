export interface XmlElement {
  /** Local name. */
  readonly name: string;
  /** Of the prefix, or of the default; undefined if none was declared. */
  readonly namespace: string | undefined;
  readonly children: readonly XmlElement[];
  /** Its own text, without white space around it. */
  readonly text: string;
}

interface OpenElement {
  readonly tag: string;
  readonly scope: Readonly<Record<string, string>>;
  readonly children: XmlElement[];
  text: string;
}

/** What may come next: a tag, text, a CDATA section, or a comment or declaration, which says nothing to us. */
const TOKEN =
  /<(\/?)([\w.:-]+)((?:\s+[\w.:-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>|([^<]+)|<!\[CDATA\[([\s\S]*?)\]\]>|<!--[\s\S]*?-->|<\?[^>]*\?>/y;
const NAMESPACE = /xmlns(?::([\w.-]+))?\s*=\s*["']([^"']*)["']/g;
const ENTITY = /&(?:(amp|lt|gt|quot|apos)|#(\d+)|#x([\da-f]+));/gi;
const LAST_CODE_POINT = 0x10ffff;
const REPLACEMENT = '\u{fffd}';
const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/**
 * The root element of a document, undefined if it is not well-formed. As SOAP 1.1 asks, there may be no document
 * type. A reader of its own, because a load test asks for thousands of them in a second.
 */
export function readXml(xml: string): XmlElement | undefined {
  const open: OpenElement[] = [{ tag: '', scope: {}, children: [], text: '' }];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < xml.length) {
    const token = TOKEN.exec(xml);
    if (token === null) return undefined;
    const [, closing, tag, attributes = '', empty, text, verbatim] = token;
    const current = open.at(-1)!;
    if (text !== undefined) current.text += text.includes('&') ? decode(text) : text;
    else if (verbatim !== undefined) current.text += verbatim;
    if (tag === undefined) continue;
    if (!closing) open.push({ tag, scope: declare(current.scope, attributes), children: [], text: '' });
    if (closing || empty) {
      const ended = open.pop()!;
      const parent = open.at(-1);
      if (parent === undefined || ended.tag !== tag) return undefined;
      parent.children.push(close(ended));
    }
  }
  const [document, unclosed] = open;
  return unclosed === undefined && document!.children.length === 1 && document!.text.trim() === ''
    ? document!.children[0]
    : undefined;
}

function declare(
  outer: Readonly<Record<string, string>>,
  attributes: string,
): Readonly<Record<string, string>> {
  if (!attributes.includes('xmlns')) return outer;
  const scope = { ...outer };
  for (const [, prefix = '', uri] of attributes.matchAll(NAMESPACE)) scope[prefix] = uri!;
  return scope;
}

function close({ tag, scope, children, text }: OpenElement): XmlElement {
  const colon = tag.indexOf(':');
  const namespace = scope[colon < 0 ? '' : tag.slice(0, colon)];
  return { name: tag.slice(colon + 1), namespace, children, text: text.trim() };
}

function decode(text: string): string {
  return text.replace(ENTITY, (_, name?: string, decimal?: string, hexadecimal?: string) => {
    if (name !== undefined) return NAMED[name.toLowerCase()]!;
    const code = decimal === undefined ? Number.parseInt(hexadecimal!, 16) : Number(decimal);
    return code <= LAST_CODE_POINT ? String.fromCodePoint(code) : REPLACEMENT;
  });
}
