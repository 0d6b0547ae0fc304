/** A name as a file system sees it that keeps neither case nor accents apart. */
export function fileSystemName(name: string): string {
  return name.normalize('NFC').toLowerCase();
}
