/** docs/errors.md has every reason and every OAuth error, and its example is real; its codes are generated (`generated.test.ts`). */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import type { ProblemCode } from '../../gateway/problems/codes.ts';
import { Problem, problemBody } from '../../gateway/problems/problem.ts';
import { blocksOf, ROOT, readDocument, tableOf } from './support/markdown.ts';

const document = await readDocument('docs/errors.md');
const rowsOfReasons = tableOf(document, ['with', 'reason', '']);

t.test('the example is what the gateway writes', async (t) => {
  const [block] = (await blocksOf('docs/errors.md')).filter(({ words }) => words[0] === 'problem');
  const example = JSON.parse(block!.text);
  const { code, agreement, legalBasis, errors, requestId } = example;
  const problem = new Problem(code as ProblemCode, { agreement, legalBasis, errors });
  t.strictSame(problemBody(problem, 'en', requestId), example);
});

t.test('every reason that an adapter gives', async (t) => {
  const files = (await readdir(join(ROOT, 'adapters'), { recursive: true })).filter((file) =>
    file.endsWith('.ts'),
  );
  const sources = await Promise.all(files.map((file) => readFile(join(ROOT, 'adapters', file), 'utf8')));
  const given = sources.flatMap((source) =>
    [...source.matchAll(/reason: '(\w+)'|(?:refusals\.get\([^)]*\) \?\? )'(\w+)'/g)].map(
      ([, direct, fallback]) => direct ?? fallback!,
    ),
  );
  t.ok(given.length > 5, 'found in the sources');
  // A caller gets these as violations of the contract (gateway/problems/upstream-problem.ts); only a poller sees them.
  for (const reason of new Set(given).difference(new Set(['page_token_invalid', 'entry_malformed'])))
    t.match(document, `\`${reason}\``, reason);
  const port = await readFile(join(ROOT, 'adapters/adapter.ts'), 'utf8');
  const rejections = [
    ...port
      .split('export type Rejection =')[1]!
      .split(';')[0]!
      .matchAll(/\| '(\w+)'/g),
  ];
  t.ok(rejections.length > 5);
  // Two have codes of their own.
  const ownReasons = rejections
    .map(([, word]) => word!)
    .filter((word) => !/^(no_such_record|version_stale)$/.test(word));
  for (const word of ownReasons) t.match(document, `\`${word}\``, word);
});

t.test('every fault of a signature', async (t) => {
  const { body } = /const faults = \{(?<body>[\s\S]*?)\} as const/.exec(
    await readFile(join(ROOT, 'gateway/signatures/format/invalid-signature.ts'), 'utf8'),
  )!.groups!;
  const faults = [...body!.matchAll(/^ {2}(\w+):/gm)].map(([, fault]) => fault);
  const from = rowsOfReasons.findIndex(([code]) => code === 'signature_invalid');
  const listed = rowsOfReasons.slice(from, from + faults.length).map(([, reason]) => reason);
  t.strictSame(listed, faults);
});

t.test('every error of the token endpoint', async (t) => {
  const source = await readFile(join(ROOT, 'gateway/identity/clients/oauth-error.ts'), 'utf8');
  const statuses = /const statuses = \{([\s\S]*?)\}/.exec(source)![1]!;
  t.strictSame(
    tableOf(document, ['error', 'status', 'usual cause']).map(([error, status]) => [error, status]),
    [...statuses.matchAll(/(\w+): (\d+)/g)].map(([, error, status]) => [error, status]),
  );
});
