/** The parts of one compilation that the next one reuses. */
import t from 'tap';
import { createCompiler } from '../../../../gateway/catalog/compile/compile.ts';
import { readSources } from '../../../../gateway/catalog/live/load.ts';
import { CatalogError } from '../../../../gateway/catalog/read/catalog-error.ts';
import { copyContracts } from '../../../support/contracts.ts';

const tax = 'contracts/agreements/G12-thue-tax.yaml';

t.test('an unchanged part is the same object, a changed one is a new one', async (t) => {
  const copy = await copyContracts(t);
  const compiler = createCompiler();
  const compile = async () => compiler.compile(await readSources(copy));
  const grantOf = (catalog: Awaited<ReturnType<typeof compile>>, system: string) =>
    catalog.grants.get(system)!.get('population.person.lookup@1')![0]!;

  const first = await compile();
  await copy.edit({ [tax]: (text) => text.replace('[/personalId, /fullName]', '[/personalId]') });
  const second = await compile();
  t.not(second.digest, first.digest);
  t.equal(second.services, first.services);
  t.equal(grantOf(second, 'H26.motcua'), grantOf(first, 'H26.motcua'), 'an agreement that did not change');
  t.not(grantOf(second, 'G12.thue'), grantOf(first, 'G12.thue'));
  t.equal(second.streamGrants[0], first.streamGrants[0], 'its streams go on too');

  await copy.edit({
    'contracts/agencies/H29-ho-chi-minh-city.yaml': (text) => text.replaceAll('H29.thu', 'H29.moi'),
  });
  const third = await compile();
  t.equal(third.services, first.services);
  t.not(grantOf(third, 'H26.motcua'), grantOf(second, 'H26.motcua'), 'who a consumer is may have changed');
  t.ok(third.systems.has('H29.moi'));

  await copy.edit({ 'schemas/person.schema.json': (text) => text.replace('"Person"', '"A person"') });
  const fourth = await compile();
  t.not(fourth.services, first.services);
});

t.test('a remaining mistake is reported each time, and a corrected file is sound', async (t) => {
  const copy = await copyContracts(t, { [tax]: (text) => text.replace('/fullName', '/nickname') });
  const compiler = createCompiler();
  const compile = async () => compiler.compile(await readSources(copy));
  await t.rejects(compile(), CatalogError);
  await t.rejects(compile(), CatalogError);
  await copy.edit({ [tax]: (text) => text.replace('/nickname', '/fullName') });
  await t.resolves(compile());
});

t.test('two agreements of one text are found, also when one of them is known', async (t) => {
  const copy = await copyContracts(t);
  const compiler = createCompiler();
  const sources = await readSources(copy);
  await compiler.compile(sources);
  const text = sources.agreements[0]!.text;
  await copy.edit({ 'contracts/agreements/copy.yaml': () => text });
  await t.rejects(compiler.compile(await readSources(copy)), /is defined twice/);
});
