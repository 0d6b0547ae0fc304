/** Everything that may be wrong with one element of an XML text: the text written again, once for each. */
import { escapeXml, parseXml, type XmlElement } from '../../adapters/population/xml.ts';
import type { Mutation } from './mutation.ts';

const MESSAGE = 'Hệ thống đang bảo trì';
const SOAP = 'http://schemas.xmlsoap.org/soap/envelope/';

/** What is written in the place of an element. */
type Edit = (element: XmlElement) => string;

const edits: Readonly<Record<string, Edit>> = {
  delete: () => '',
  rename: (element) => plain({ ...element, name: `${element.name}Moi` }),
  'other namespace': (element) => plain({ ...element, namespace: 'http://example.org/khac' }),
  'no namespace': (element) => plain({ ...element, namespace: '' }),
  empty: (element) => tag(element, ''),
  blank: (element) => tag(element, '\n    '),
  nil: (element) => tag(element, '', ' xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true"'),
  'a message': (element) => tag(element, MESSAGE),
  'a message within': (element) => tag(element, MESSAGE + contentOf(element)),
  'a message as an element': (element) => tag(element, `<ThongBao>${MESSAGE}</ThongBao>`),
  'a message before': (element) => `<ThongBao>${MESSAGE}</ThongBao>${plain(element)}`,
  'a message beside': (element) => `${plain(element)}<ThongBao>${MESSAGE}</ThongBao>`,
  'text beside': (element) => `${plain(element)}${MESSAGE}`,
  wrapped: (element) => tag(element, plain(element)),
  'without itself': contentOf,
  'an error in an attribute': (element) => tag(element, contentOf(element), ' maLoi="503"'),
  'an error in an attribute, and nothing else': (element) => tag(element, '', ' maLoi="503"'),
  twice: (element) => plain(element) + plain(element),
  'twice, and empty': (element) => plain(element) + tag(element, ''),
};

/** @param body XML as the registries write it */
export function mutateXml(body: string): Mutation[] {
  const root = parseXml(body);
  const mutations: Mutation[] = [];
  for (const element of elementsOf(root)) {
    for (const [what, edit] of Object.entries(edits)) {
      mutations.push({ what: `${what}: ${element.name}`, body: () => write(root, element, edit) });
    }
  }
  return mutations;
}

/**
 * Two texts are the same when they say the same. The header of an envelope is for those on the way (SOAP 1.1, section 4.2), and
 * attributes of the envelope are as good: a signature gives its body an id.
 */
export function canonicalXml(body: string): string {
  const say = ({ namespace, name, attributed, text, children }: XmlElement): unknown => [
    namespace,
    name,
    attributed,
    text.trim(),
    children.map(say),
  ];
  const root = parseXml(body);
  if (root.namespace !== SOAP) return JSON.stringify(say(root));
  const parts = root.children.filter(({ namespace, name }) => namespace !== SOAP || name !== 'Header');
  return JSON.stringify(parts.map((part) => say({ ...part, attributed: false })));
}

function elementsOf(element: XmlElement): XmlElement[] {
  return [element, ...element.children.flatMap(elementsOf)];
}

function write(element: XmlElement, target: XmlElement | undefined, edit: Edit): string {
  if (element === target) return edit(element);
  return tag(element, element.children.map((child) => write(child, target, edit)).join('') + text(element));
}

function plain(element: XmlElement): string {
  return tag(element, contentOf(element));
}

function contentOf(element: XmlElement): string {
  return element.children.map(plain).join('') + text(element);
}

function text(element: XmlElement): string {
  return escapeXml(element.text);
}

/** An attribute that was there before is there again, as one of any name. */
function tag({ namespace, name, attributed }: XmlElement, content: string, added = ''): string {
  const attributes = added || (attributed ? ' maLoi="503"' : '');
  return `<${name} xmlns="${namespace}"${attributes}>${content}</${name}>`;
}
