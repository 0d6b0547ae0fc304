/**
 * The Vietnamese of the schemas' English texts: `schemas/vietnamese/` has a file for each registry, JSON, from each `description` to its
 * translation. `/openapi.json?lang=vi` shows them.
 */
import { escapePointer, type Finding, type SourceFile } from '../read/document.ts';

/** Reports a file that is not an object of texts, and a text that has two translations. */
export function compileTranslations(
  files: readonly SourceFile[],
  report: (finding: Finding) => void,
): ReadonlyMap<string, string> {
  const translations = new Map<string, string>();
  for (const file of files) {
    const { value, findings } = file;
    for (const finding of findings) report(finding);
    if (findings.length > 0) continue;
    if (!isTexts(value)) {
      report(
        file.finding('', 'must be an object of texts: from the English description to the Vietnamese one'),
      );
      continue;
    }
    for (const [english, vietnamese] of Object.entries(value)) {
      const known = translations.get(english);
      if (known !== undefined && known !== vietnamese) {
        report(
          file.finding(`/${escapePointer(english)}`, 'a file before it has another translation of this text'),
        );
      }
      translations.set(english, vietnamese);
    }
  }
  return translations;
}

function isTexts(value: unknown): value is Readonly<Record<string, string>> {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((text) => typeof text === 'string' && text !== '')
  );
}
