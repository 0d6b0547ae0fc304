/** A broken catalogue as problems of the configuration: each by the variable of its directory. */
import t from 'tap';
import { CatalogError } from '../../../../gateway/catalog/read/catalog-error.ts';
import { asConfigError } from '../../../../gateway/commands/terminal/start-problems.ts';
import type { ConfigError } from '../../../../gateway/runtime/config-error.ts';

const problemsOf = (findings: readonly { file: string; message: string }[]) =>
  (asConfigError(new CatalogError(findings.map((finding) => ({ ...finding, line: 3 })))) as ConfigError)
    .problems;

t.test('each finding by the variable of its directory', async (t) => {
  t.strictSame(
    problemsOf([
      { file: 'schemas/person.schema.json', message: 'is no JSON' },
      { file: 'schemas/catalog', message: 'directory /x cannot be read' },
      { file: 'client-keys/G12.thue.jwks.json', message: 'holds a private key' },
      { file: 'agreements/schemas.yaml', message: 'two\n lines' },
      { file: '/nowhere', message: 'directory /nowhere cannot be read' },
    ]),
    [
      { variable: 'SCHEMAS_DIR', reason: 'schemas/person.schema.json:3: is no JSON' },
      { variable: 'SCHEMAS_DIR', reason: 'schemas/catalog:3: directory /x cannot be read' },
      { variable: 'CLIENT_KEYS_DIR', reason: 'client-keys/G12.thue.jwks.json:3: holds a private key' },
      { variable: 'CONTRACTS_DIR', reason: 'agreements/schemas.yaml:3: two lines' },
      { variable: 'CONTRACTS_DIR', reason: '/nowhere:3: directory /nowhere cannot be read' },
    ],
  );
});

t.test('thousands are counted', async (t) => {
  const many = Array.from({ length: 3000 }, () => ({ file: 'agreements/x.yaml', message: 'is wrong' }));
  const problems = problemsOf(many);
  t.equal(problems.length, 21);
  t.strictSame(problems.at(-1), {
    variable: 'CONTRACTS_DIR',
    reason: '2980 more errors in the catalogue: lienthong check lists them',
  });
});

t.test('any other error stays as it is', async (t) => {
  const error = new Error('x');
  t.equal(asConfigError(error), error);
});
