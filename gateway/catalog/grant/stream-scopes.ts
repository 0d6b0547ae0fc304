/**
 * The uses of a grant of a registry's changes, each with its own token scope: follow the changes, start a copy, check a copy.
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

/** The registry and use of a scope; `undefined`: it is no stream scope. */
export function readStreamScope(scope: string): { registry: string; use: StreamUse } | undefined {
  const [registry = '', name, read, ...more] = scope.split('.');
  const use = streamUses.find((one) => one === name);
  return use && read === 'read' && more.length === 0 ? { registry, use } : undefined;
}
