/** `/openapi.json` in Vietnamese: every text of it, and nothing else of it, differs from the English one. */
import t from 'tap';
import { loadCatalog } from '../../../../gateway/catalog/live/load.ts';
import { commonTexts } from '../../../../gateway/documents/vietnamese/common.ts';
import { operationTexts } from '../../../../gateway/documents/vietnamese/operations.ts';
import { schemaTexts } from '../../../../gateway/documents/vietnamese/schemas.ts';
import { packageDirectories } from '../../../support/contracts.ts';
import { openApiOf } from '../../../support/documents.ts';
import { startTestGateway } from '../../../support/gateway.ts';

const catalog = await loadCatalog(packageDirectories);
const english = await openApiOf(catalog, 'en');
const vietnamese = await openApiOf(catalog, 'vi');
const texts = new Map(textsOf(english));
const translated = new Map(textsOf(vietnamese));

t.test('every summary and description is translated', (t) => {
  t.ok(texts.size > 500);
  t.same([...translated.keys()], [...texts.keys()]);
  const same = [...texts].filter(([place, text]) => translated.get(place) === text);
  t.same(
    [...new Set(same.map(([, text]) => text))],
    [],
    'add these to gateway/documents/vietnamese/, or to schemas/vietnamese/',
  );
  t.end();
});

t.test('nothing else is', (t) => {
  t.same(withoutTexts(vietnamese), withoutTexts(english));
  t.end();
});

t.test('no translation is of a text that is gone', (t) => {
  const present = new Set([...texts.values()].map((text) => text.split('. Codes: ')[0]));
  const tables = {
    ...commonTexts,
    ...operationTexts,
    ...Object.fromEntries(catalog.translations),
    ...schemaTexts,
  };
  t.same(
    Object.keys(tables).filter((text) => !present.has(text)),
    [],
  );
  t.end();
});

t.test('a service says what its contract says in that language', (t) => {
  const { title, description } = catalog.services.get('population.person.lookup@1')!;
  const operation = (document: object) =>
    (document as typeof english & { paths: Record<string, { post: object }> }).paths[
      '/v1/population/persons/lookup'
    ]!.post;
  t.match(operation(vietnamese), { summary: title.vi, description: description.vi });
  t.match(operation(english), { summary: title.en, description: description.en });
  t.end();
});

t.test('the language is chosen by ?lang, then by Accept-Language; programs get English', async (t) => {
  const gateway = await startTestGateway(t);
  for (const [path, accepted, language] of [
    ['/openapi.json', undefined, 'en'],
    ['/openapi.json', '*', 'en'],
    ['/openapi.json', 'vi-VN,vi;q=0.9,en;q=0.8', 'vi'],
    ['/openapi.json', 'en-GB,vi;q=0.5', 'en'],
    ['/openapi.json?lang=vi', 'en', 'vi'],
    ['/openapi.json?lang=en', 'vi', 'en'],
    ['/openapi.json?lang=fr', undefined, 'en'],
  ] as const) {
    const answer = await gateway.send(path, {
      headers: accepted === undefined ? {} : { 'accept-language': accepted },
    });
    const what = `${path} ${accepted}`;
    t.equal(answer.headers['content-language'], language, what);
    t.equal(answer.headers.vary, 'Accept-Language', what);
    const { info } = JSON.parse(answer.text) as { info: { summary: string } };
    const expected = (language === 'vi' ? vietnamese : english).info as { summary: string };
    t.equal(info.summary, expected.summary, what);
  }
});

/** Each text with the place that it has. */
function textsOf(node: unknown, place = '', areNames = false): [string, string][] {
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([key, value]): [string, string][] => {
    if (!areNames && (key === 'example' || key === 'examples')) return [];
    const at = `${place}/${key}`;
    if (isText(key, value, areNames)) return [[at, value]];
    if (!areNames && key === 'scopes')
      return Object.entries(value).map(([name, text]) => [`${at}/${name}`, String(text)]);
    return textsOf(value, at, !areNames && key === 'properties');
  });
}

function withoutTexts(node: unknown, areNames = false): unknown {
  if (Array.isArray(node)) return node.map((item) => withoutTexts(item));
  if (typeof node !== 'object' || node === null) return node;
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) => {
      if (isText(key, value, areNames) || (!areNames && key === 'scopes')) return [key, ''];
      return [key, withoutTexts(value, !areNames && key === 'properties')];
    }),
  );
}

function isText(key: string, value: unknown, areNames: boolean): value is string {
  return !areNames && typeof value === 'string' && (key === 'summary' || key === 'description');
}
