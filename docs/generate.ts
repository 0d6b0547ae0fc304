/**
 * Writes the tables of the documents that are made from code, between `<!-- generated: … -->` and `<!-- /generated -->`.
 * `npm run generate`; a test compares the documents with the output.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Owner, Variable } from '../adapters/config/variables.ts';
import { owners } from '../gateway/config/config.ts';
import { type Language, problems } from '../gateway/problems/codes.ts';
import { createMetrics } from '../gateway/telemetry/metrics.ts';

/** A generated table, and the document that has it. */
export interface Table {
  /** From the root of the project. */
  readonly document: string;
  /** As the markers name it. */
  readonly name: string;
  readonly render: () => string;
}

export const tables: readonly Table[] = [
  {
    document: 'docs/operators/configuration.md',
    name: 'variables',
    render: () => owners.map(renderOwner).join('\n'),
  },
  { document: 'docs/operators/metrics.md', name: 'metrics', render: renderMetrics },
  { document: 'docs/errors.md', name: 'codes', render: () => renderCodes('en') },
  { document: 'docs/errors.vi.md', name: 'codes', render: () => renderCodes('vi') },
];

const END = '<!-- /generated -->';

/** `text` of the table's document, with the table as the code has it now. */
export function withTable(text: string, { document, name, render }: Table): string {
  const marker = `<!-- generated: ${name} (npm run generate) -->`;
  const begin = text.indexOf(marker);
  const end = text.indexOf(END, begin);
  if (begin < 0 || end < 0) throw new Error(`${document} has no ${marker} … ${END}`);
  return `${text.slice(0, begin)}${marker}\n\n${render()}\n${text.slice(end)}`;
}

function renderOwner({ title, variables }: Owner): string {
  return `**${title}**

| variable | default | what it is |
|---|---|---|
${variables.map(renderVariable).join('')}`;
}

/** A `*` marks a variable whose value may stand in a file that `NAME_FILE` names. */
function renderVariable({ name, default: value, about, secret }: Variable): string {
  return `| \`${name}\`${secret ? ' *' : ''} | ${value ? `\`${value}\`` : ''} | ${escapeCell(about)} |\n`;
}

/** The gateway's own metrics; those of Node.js and of the process are the library's. */
function renderMetrics(): string {
  const metrics = createMetrics().register.getMetricsAsArray() as readonly {
    readonly name: string;
    readonly help: string;
    /** Public at run time, and absent in the library's types. */
    readonly labelNames?: readonly string[];
  }[];
  const rows = metrics
    .filter(({ name }) => !/^lienthong_(process|nodejs)_/.test(name))
    .map(
      ({ name, help, labelNames = [] }) =>
        `| \`${name}\` | ${labelNames.join(', ')} | ${escapeCell(help)} |\n`,
    );
  return `| metric | labels | what it measures |\n|---|---|---|\n${rows.join('')}`;
}

const CODE_COLUMNS: Readonly<Record<Language, string>> = {
  en: '| code | status | meaning | what to do |',
  vi: '| mã | trạng thái | ý nghĩa | cách xử lý |',
};

/** Texts of codes are Markdown; their links lead from docs/. */
function renderCodes(language: Language): string {
  const rows = Object.entries(problems).map(([code, { status, docs }]) => {
    const [meaning, advice] = docs[language];
    return `| \`${code}\` | ${status} | ${escapeBar(meaning)} | ${escapeBar(advice)} |\n`;
  });
  return `${CODE_COLUMNS[language]}\n|---|---|---|---|\n${rows.join('')}`;
}

function escapeCell(text: string): string {
  return escapeBar(text).replaceAll('<', '&lt;');
}

function escapeBar(text: string): string {
  return text.replaceAll('|', '\\|');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const table of tables) {
    const path = fileURLToPath(new URL(`../${table.document}`, import.meta.url));
    writeFileSync(path, withTable(readFileSync(path, 'utf8'), table));
  }
}
