/** Errors that follow from others: what they miss stands in a file that is left out for errors of its own. */
import type { Finding, SourceFile } from '../read/document.ts';

/**
 * That something is not there. When a file that is left out speaks of it, this comes after the errors of that file, and
 * says so.
 * @param name as the file would write it: a service, an agency, a system
 */
export function missing(finding: Finding, name: string, leftOut: readonly SourceFile[]): Finding {
  if (!leftOut.some(({ text }) => text.includes(name))) return finding;
  return { ...finding, message: `${finding.message}: follows from the errors above`, follows: true };
}
