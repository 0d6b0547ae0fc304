/**
 * The commands of the documents, executed as they are written, and their answers held against what is written.
 *
 *     ```sh run              runs to its end, on the sandbox of this test
 *     ```js run              a module, the same
 *     ```sh run first-line   is ended when it has printed a line
 *     ```sh run kafka        needs Kafka: the sandbox runs with one where Java and Maven are installed
 *     ```json answer         what the command before it prints, shortened at most by "… and 38 more"
 *     ```json answer 403     the same, with the HTTP status in its heading (200 without a number)
 *     ```json shape          what it prints has these members, with other values
 *     ```text kcat           key, headers and value of a message, with other values
 *
 * The sandbox has ports and a directory of its own, so these are put in place of the default ones; nothing else is.
 */
import { globSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { shell, startSandbox } from '../acceptance/support/sandbox.ts';
import { hasTool } from '../acceptance/support/tools.ts';
import { until } from '../acceptance/support/until.ts';
import { ownKafka } from '../support/kafka.ts';
import { startNode, startProcess } from '../support/process.ts';
import { differences, differencesInShape } from './support/claims.ts';
import { type Block, blocksOf, pagesOf, ROOT } from './support/markdown.ts';

// A sandbox, a broker and some twenty commands: they take as long as the machine takes.
t.setTimeout(600_000);

/** Documents, and how many commands each has to run. */
const EXECUTED = {
  ...{ 'README.md': 7, 'README.vi.md': 7 },
  ...{ 'docs/agencies/get-a-token.md': 1, 'docs/agencies/feed.md': 1 },
  ...{ 'docs/providers.md': 1, 'docs/signatures.md': 3 },
};

interface Outcome {
  readonly code: number | null;
  readonly output: string;
}

const outcomes = new Map<string, Promise<Outcome>>();

const kafka = hasTool(t, 'kcat', 'kcat') ? await ownKafka(t) : undefined;
const sandbox = await startSandbox(t, {
  trickle: 1,
  ...(kafka && { env: { KAFKA_BROKERS: kafka.brokers.join(',') } }),
});

/** The command line with this sandbox's address and keys instead of the default ones. */
function here(command: string): string {
  return command
    .replaceAll('http://127.0.0.1:8080', sandbox.url)
    .replaceAll('data/sandbox/', `${sandbox.dataDir}/`)
    .replaceAll('localhost:9092', kafka?.brokers[0] ?? '')
    .replaceAll(
      /--system (\S+?)(?=[\s)]|$)/g,
      (option, system: string) =>
        `${option} --url ${sandbox.url} --key ${join(sandbox.dataDir, 'keys', `${system}.jwk.json`)}`,
    );
}

for (const [document, count] of Object.entries(EXECUTED)) {
  const blocks = await blocksOf(document);
  t.test(document, async (t) => {
    t.equal(blocks.filter(isRun).length, count, 'commands to run');
    for (const [index, block] of blocks.entries()) {
      if (!isRun(block)) continue;
      const next = blocks[index + 1];
      const claim = next && !next.words.includes('run') ? next : undefined;
      await t.test(block.place, async (t) => {
        if (block.words.includes('kafka')) return runKcat(t, block, claim);
        if (block.words.includes('first-line')) return runToFirstLine(t, block, claim);
        return runToEnd(t, block, claim);
      });
    }
  });
}

t.test('no other document has commands to run', async (t) => {
  const documents = globSync(['*.md', 'docs/**/*.md'], { cwd: ROOT });
  const operators = new Set(await pagesOf('docs/operators.md'));
  const executed = new Set(documents.filter((path) => Object.hasOwn(EXECUTED, path) || operators.has(path)));
  t.equal(executed.size, Object.keys(EXECUTED).length + operators.size);
  for (const document of documents) {
    // A translation has the blocks of its original (`translations.test.ts`).
    if (executed.has(document) || executed.has(document.replace('.vi.md', '.md'))) continue;
    t.same((await blocksOf(document)).filter(isRun), [], document);
  }
});

function isRun(block: Block): boolean {
  return block.words[0] === 'run';
}

async function runToEnd(t: Test, block: Block, claim: Block | undefined): Promise<void> {
  const { code, output } = await outcomeOf(t, block);
  const printed = JSON.parse(output.slice(output.search(/^\{/m)));
  const [kind, status = '200'] = claim?.words ?? [];
  t.equal(code, status === '200' ? 0 : 1, output);
  if (kind !== 'answer') return void t.notOk(printed.code, output);
  if (block.text.includes('lienthong call')) t.match(output, `HTTP ${status}`);
  t.strictSame(differences(JSON.parse(claim!.text), printed), [], claim!.place);
}

async function runToFirstLine(t: Test, block: Block, claim: Block | undefined): Promise<void> {
  const { output } = await outcomeOf(t, block);
  t.strictSame(differencesInShape(JSON.parse(claim!.text), JSON.parse(output)), [], claim!.place);
}

async function runKcat(t: Test, block: Block, claim: Block | undefined): Promise<void> {
  if (!kafka) return void t.plan(0, 'no Kafka here');
  const { output } = await outcomeOf(t, block);
  const [key, headers = '', value = ''] = output.slice(output.search(/^\S{32}$/m)).split('\n');
  const [claimedKey, claimedHeaders = ''] = claim!.text.split('\n');
  t.equal(key!.length, claimedKey!.length);
  t.strictSame(namesOf(headers), namesOf(claimedHeaders), 'the headers shown');
  t.ok(headers.includes(`ce_subject=${key},`), 'the key is the subject');
  t.strictSame(Object.keys(JSON.parse(value)), ['version', 'operation', 'changedFields', 'state']);
}

/** Of a command that stands in two documents, once. */
function outcomeOf(t: Test, block: Block): Promise<Outcome> {
  const outcome = outcomes.get(block.text) ?? execute(t, block);
  outcomes.set(block.text, outcome);
  return outcome;
}

async function execute(t: Test, { language, words, text }: Block): Promise<Outcome> {
  const command = here(text);
  if (words.includes('kafka')) {
    // Until the relay has made the topic and sent something, kcat says so and ends.
    return until('a message on the topic', async () => {
      const outcome = await shell(t, command);
      return outcome.code === 0 && outcome.output.includes('\n{') && outcome;
    });
  }
  if (words.includes('first-line')) {
    const process = startProcess(t, '/bin/sh', ['-c', command], { cwd: ROOT, ownGroup: true });
    const [line] = await process.line(/^\{.*$/, 60_000);
    const { code } = await process.interrupt();
    return { code, output: line };
  }
  if (language !== 'js') return shell(t, command);
  const process = startNode(t, ['--input-type=module', '--eval', command], { cwd: ROOT });
  const { code } = await process.ended;
  return { code, output: process.output };
}

function namesOf(headers: string): (string | undefined)[] {
  return headers.split(',').map((header) => header.split('=')[0]);
}
