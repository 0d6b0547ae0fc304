/** A name as a file system compares it that ignores case and the composition of accents. */
export function fileSystemName(name: string): string {
  return name.normalize('NFC').toLowerCase();
}
