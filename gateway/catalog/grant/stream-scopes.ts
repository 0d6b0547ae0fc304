/**
 * What a grant of a registry's changes is good for, each with a token scope of its own: following them, starting a copy,
 * checking a copy.
 */
const streamUses = ['changes', 'snapshot', 'digest'] as const;
export type StreamUse = (typeof streamUses)[number];

/** `business.snapshot.read` */
export function scopeOf(registry: string, use: StreamUse): string {
  return `${registry}.${use}.read`;
}

export function streamScopes(registry: string): string[] {
  return streamUses.map((use) => scopeOf(registry, use));
}

/** Which registry and use a scope is of; `undefined`: it has not the form of one. */
export function readStreamScope(scope: string): { registry: string; use: StreamUse } | undefined {
  const [registry = '', name, read, ...more] = scope.split('.');
  const use = streamUses.find((one) => one === name);
  return use && read === 'read' && more.length === 0 ? { registry, use } : undefined;
}
