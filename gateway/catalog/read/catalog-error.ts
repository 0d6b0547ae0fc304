/** The errors of a catalogue, all together, each with its file and line. */
import type { Finding } from './document.ts';

/** The catalogue cannot be used; `findings` are all of its errors. */
export class CatalogError extends Error {
  override readonly name = 'CatalogError';
  readonly findings: readonly Finding[];
  constructor(findings: readonly Finding[]) {
    super(`${findings.length} error(s) in the catalogue:\n${findings.map(formatFinding).join('\n')}`);
    this.findings = findings;
  }
}

/** `agreements/tax.yaml:12: field "/x" is not in the contract`, the form that editors and CI understand. */
export function formatFinding(finding: Finding): string {
  return `${finding.file}:${finding.line}: ${finding.message}`;
}
