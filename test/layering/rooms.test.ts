/** The rules of .dependency-cruiser.cjs: each import here was written to break one of them, or to keep them all. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';

const ROOT = join(import.meta.dirname, '..', '..');
const COMMAND = join(ROOT, 'node_modules', '.bin', 'depcruise');
const CONFIG = join(ROOT, '.dependency-cruiser.cjs');

interface Violation {
  readonly from: string;
  readonly to: string;
  readonly rule: { readonly name: string };
}
type Import = readonly [from: string, to: string, rule: string];

/** Imports that point up, or at what is none of the importer's business, each with the rule that it breaks. */
const FORBIDDEN: readonly Import[] = [
  ['gateway/store/pool.ts', 'gateway/catalog/catalog.ts', 'below: gateway/store/'],
  ['gateway/telemetry/log.ts', 'gateway/runtime/closing.ts', 'below: gateway/telemetry/'],
  ['gateway/identity/caller.ts', 'gateway/exchange/routes.ts', 'below: gateway/identity/'],
  ['gateway/catalog/read/document.ts', 'gateway/catalog/compile/compile.ts', 'below: gateway/catalog/read/'],
  ['gateway/changes/render/event.ts', 'gateway/changes/relay/relay.ts', 'below: gateway/changes/render/'],
  ['gateway/exchange/input/input.ts', 'gateway/exchange/streams/stream.ts', 'below: gateway/exchange/input/'],
  ['gateway/main.ts', 'gateway/commands/start.ts', 'below: gateway/main.ts'],
  ['adapters/values/blank.ts', 'adapters/records/mapping.ts', 'below: adapters/values/'],
  ['adapters/upstream/upstream.ts', 'adapters/civil/adapter.ts', 'below: adapters/upstream/'],
  ['gateway/helpers/text.ts', 'gateway/time/today.ts', 'every-file-has-a-room'],
  ['adapters/civil/adapter.ts', 'adapters/land/mapping.ts', 'adapters-know-no-other-adapter'],
  ['gateway/catalog/catalog.ts', 'adapters/civil/mapping.ts', 'gateway-knows-the-port-only'],
  ['gateway/main.ts', 'adapters/civil/mapping.ts', 'gateway-knows-the-port-only'],
  ['gateway/changes/changes.ts', 'gateway/changes/sinks/kafka/kafka.ts', 'sinks-are-rows'],
  ['gateway/operators/health/health.ts', 'gateway/changes/sinks/kafka/kafka.ts', 'sinks-are-rows'],
  ['gateway/registries.ts', 'adapters/civil/mapping.ts', 'registries-are-known-by-their-configuration'],
  ['adapters/civil/config.ts', 'adapters/civil/mapping.ts', 'configuration-loads-no-adapter'],
  [
    'deploy/sandbox/sandbox.ts',
    'deploy/sandbox/registries/civil/server.ts',
    'sandbox-knows-registries-by-their-list',
  ],
  [
    'gateway/exchange/steps/entry/admit.ts',
    'gateway/exchange/steps/answer/respond.ts',
    'only-the-table-names-steps',
  ],
  ['gateway/http/app.ts', 'gateway/exchange/steps/answer/respond.ts', 'only-the-table-names-steps'],
];

/** Imports of types load nothing, and this rule is about what is loaded. */
const OF_VALUES = ['configuration-loads-no-adapter'];

/** The same the other way round, where that is down. */
const ALLOWED: readonly (readonly [from: string, to: string])[] = [
  ...FORBIDDEN.filter(([, , rule]) => rule.startsWith('below')).map(([from, to]) => [to, from] as const),
  ['gateway/registries.ts', 'adapters/civil/config.ts'],
  ['deploy/sandbox/registries/registries.ts', 'deploy/sandbox/registries/civil/simulated.ts'],
  ['gateway/exchange/routes.ts', 'gateway/exchange/steps/answer/respond.ts'],
  ['adapters/civil/deep/part.ts', 'adapters/civil/mapping.ts'],
];

/** A project with these imports. @returns each import that breaks a rule, with the rule */
function violations(
  t: Test,
  imports: readonly (readonly [string, string, ...unknown[]])[],
  statement: string,
) {
  const project = t.testdir();
  const texts = new Map<string, string>();
  for (const [from, to] of imports) {
    const path = '../'.repeat(from.split('/').length - 1) + to;
    texts.set(from, `${texts.get(from) ?? ''}${statement} '${path}';\n`);
    if (!texts.has(to)) texts.set(to, '');
  }
  for (const [file, text] of texts) {
    mkdirSync(join(project, dirname(file)), { recursive: true });
    writeFileSync(join(project, file), `${text}export interface One {}\n`);
  }
  const { stdout, stderr } = spawnSync(
    COMMAND,
    ['--config', CONFIG, '--output-type', 'json', 'gateway', 'adapters', 'deploy'],
    { cwd: project, encoding: 'utf8' },
  );
  t.match(stdout, /^\{/, stderr);
  const { summary } = JSON.parse(stdout) as {
    readonly summary: {
      readonly violations: readonly Violation[];
      readonly totalDependenciesCruised: number;
    };
  };
  t.equal(summary.totalDependenciesCruised, imports.length, 'every import was looked at');
  return summary.violations.map(({ from, to, rule }) => [from, to, rule.name]).sort();
}

t.test('an import that points up is refused', async (t) => {
  t.same(violations(t, FORBIDDEN, 'import'), FORBIDDEN.toSorted());
});

t.test('so is an import of a type, where the rule is not about what is loaded', async (t) => {
  const wanted = FORBIDDEN.filter(([, , rule]) => !OF_VALUES.includes(rule));
  t.same(violations(t, FORBIDDEN, 'import type { One } from'), wanted.toSorted());
});

t.test('an import that points down is not', async (t) => {
  t.same(violations(t, ALLOWED, 'import'), []);
});
