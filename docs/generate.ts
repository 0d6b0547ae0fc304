/**
 * Writes the parts of the documents that are made from code: what stands between `<!-- generated: … -->` and `<!-- /generated -->`.
 * `npm run generate`; a test compares the documents with what this would write.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Owner, Variable } from '../adapters/config/variables.ts';
import { owners } from '../gateway/config/config.ts';

const target = fileURLToPath(new URL('operators.md', import.meta.url));

const BEGIN = '<!-- generated: variables (npm run generate) -->';
const END = '<!-- /generated -->';

/** `document` with the tables of variables as the code has them. */
export function withVariables(document: string): string {
  const [begin, end] = [document.indexOf(BEGIN), document.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`there is no ${BEGIN} … ${END}`);
  const tables = owners.map(renderOwner).join('\n');
  return `${document.slice(0, begin)}${BEGIN}\n\n${tables}\n${document.slice(end)}`;
}

function renderOwner({ title, variables }: Owner): string {
  return `**${title}**

| variable | default | what it is |
|---|---|---|
${variables.map(renderRow).join('')}`;
}

/** A `*` marks what may stand in a file that `NAME_FILE` names. */
function renderRow({ name, default: value, about, secret }: Variable): string {
  return `| \`${name}\`${secret ? ' *' : ''} | ${value ? `\`${value}\`` : ''} | ${escapeCell(about)} |\n`;
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(target, withVariables(readFileSync(target, 'utf8')));
}
