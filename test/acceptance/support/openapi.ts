/** Holds answers against an OpenAPI 3.1 document. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { Answer } from './answer.ts';

type Json = { readonly [member: string]: unknown };

interface Operation {
  readonly responses: Readonly<Record<string, Json>>;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

export interface Observed {
  readonly method: string;
  readonly path: string;
  readonly answer: Answer;
}

/** @returns a function that throws when an answer is not as the document says; statuses must be named in it */
export function createChecker(document: Document): (observed: Observed) => void {
  // Formats of the gateway's own are left to the gateway.
  const ajv = new Ajv2020({ strict: false, logger: false, validateSchema: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema(document, 'openapi.json');

  return ({ method, path, answer }) => {
    const { status, headers, body } = answer;
    const fail = (why: string): never => {
      throw new Error(`${method} ${path} answered ${status}: ${why}\n${JSON.stringify(body, null, 2)}`);
    };
    const route = routeOf(document, method, path) ?? fail('the document has no such path');
    const pointer = ['paths', route, method.toLowerCase(), 'responses', String(status)];
    const named = at(document, pointer) ?? fail('the document names no such status');
    const place = typeof named.$ref === 'string' ? pointerOf(named.$ref) : pointer;
    const type = headers.get('content-type')?.split(';')[0] ?? '';
    const content = [...place, 'content', type, 'schema'];
    if (!at(document, content)) fail(`the document has no ${type} there`);
    const reference = `openapi.json#/${content.map(escapeToken).join('/')}`;
    const validate = ajv.getSchema(reference) ?? fail(`${reference} does not resolve`);
    if (!validate(body)) fail(ajv.errorsText(validate.errors, { dataVar: 'the answer' }));
  };
}

/** The template of a path; one without parameters wins. */
function routeOf(document: Document, method: string, path: string): string | undefined {
  const segments = path.split('?')[0]!.split('/');
  return Object.keys(document.paths)
    .filter((template) => {
      const wanted = template.split('/');
      return (
        method.toLowerCase() in document.paths[template]! &&
        wanted.length === segments.length &&
        wanted.every((word, index) => word.startsWith('{') || word === segments[index])
      );
    })
    .sort((a, b) => a.split('{').length - b.split('{').length)[0];
}

function at(document: unknown, pointer: readonly string[]): Json | undefined {
  let value = document;
  for (const token of pointer) value = (value as Json | undefined)?.[token];
  return value as Json | undefined;
}

function pointerOf(reference: string): string[] {
  return reference
    .slice('#/'.length)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function escapeToken(token: string): string {
  return encodeURIComponent(token.replaceAll('~', '~0').replaceAll('/', '~1'));
}
