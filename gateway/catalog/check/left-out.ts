/** Errors that follow from others: a missing name may be defined in a file that is left out for its own errors. */
import type { Finding, SourceFile } from '../read/document.ts';

/**
 * Marks the finding that a name is missing as a consequence, if a file that is left out contains the name: it is then reported
 * after that file's errors.
 * @param name as the file would write it: a service, an agency, a system
 */
export function missing(finding: Finding, name: string, leftOut: readonly SourceFile[]): Finding {
  if (!leftOut.some(({ text }) => text.includes(name))) return finding;
  return { ...finding, message: `${finding.message}: follows from the errors above`, follows: true };
}
