/** The documents that anybody may read, as they leave the gateway. */
import t from 'tap';
import { parse } from 'yaml';
import { loadCatalog } from '../../../gateway/catalog/live/load.ts';
import { packageDirectories } from '../../support/contracts.ts';
import { documentsApp } from '../../support/documents.ts';

const first = await loadCatalog(packageDirectories);
let { app } = await documentsApp(first);
t.teardown(() => app.close());
const get = async (url: string, headers: Record<string, string> = {}) => {
  const { statusCode, headers: fields, body } = await app.inject({ url, headers });
  return { status: statusCode, type: fields['content-type'], language: fields['content-language'], body };
};

t.test('the page has one document as JSON and as YAML, in two languages', async (t) => {
  for (const [language, server] of [
    ['vi', 'Cổng này'],
    ['en', 'This gateway'],
  ]) {
    const json = await get(`/docs/json?lang=${language}`);
    t.match(json, { status: 200, type: 'application/json; charset=utf-8', language });
    const yaml = await get('/docs/yaml', { 'accept-language': language! });
    t.match(yaml, { status: 200, type: /^application\/x-yaml/, language });
    const document = JSON.parse(json.body);
    t.strictSame(parse(yaml.body), document);
    t.strictSame(document.servers, [{ url: '..', description: server }]);
    const { servers, ...rest } = JSON.parse((await get(`/openapi.json?lang=${language}`)).body);
    t.strictSame({ ...rest, servers: document.servers }, document);
    t.strictSame(servers, [{ url: 'https://lienthong.example.vn' }]);
  }
});

t.test('a document is written once for each catalogue', async (t) => {
  const work = async (url: string, times: number) => {
    const before = process.cpuUsage();
    for (let i = 0; i < times; i += 1) await get(url);
    const { user, system } = process.cpuUsage(before);
    return user + system;
  };
  const before = (await get('/docs/yaml')).body;
  await app.close();
  ({ app } = await documentsApp({ ...first, services: new Map([...first.services].slice(0, 1)) }));
  const written = await work('/docs/yaml', 1);
  const after = (await get('/docs/yaml')).body;
  t.ok(after.length < before.length, 'another catalogue has another document');
  const read = await work('/docs/yaml', 100);
  t.ok(read < 20 * written, `written in ${written} µs, read a hundred times in ${read} µs`);
});
