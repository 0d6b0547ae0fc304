/** Tables for the terminal and for Markdown, and numbers in them. */

export interface Table {
  readonly title: string;
  readonly head: readonly string[];
  /** The first cell is a name, the others are numbers. */
  readonly rows: readonly (readonly string[])[];
}

export function render({ title, head, rows }: Table, markdown: boolean): string {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]!.length)));
  const cells = (row: readonly string[]) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)));
  if (!markdown)
    return [`${title}\n`, ...[head, ...rows].map((row) => `  ${cells(row).join('   ')}`)].join('\n');
  const line = (row: readonly string[]) => `| ${cells(row).join(' | ')} |`;
  const rule = widths.map((width, column) =>
    column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  return [`**${title}**\n`, line(head), line(rule), ...rows.map(line)].join('\n');
}

/** With so many digits after the point, and thousands apart; a dash for what could not be measured. */
export function figure(value: number | undefined, digits = 0): string {
  if (value === undefined) return '—';
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

export function megabytes(bytes: number | undefined): string {
  return figure(bytes && bytes / 1e6);
}

export function percent(share: number | undefined): string {
  return share === undefined ? '—' : `${figure(share * 100)} %`;
}
