/** The persons whose data comes with a batch of changes. */
import type { Stream } from '../../catalog/catalog.ts';
import type { PushedChange } from '../../changes/change.ts';

/** Numbers of persons, each once; also of those whose records were deleted. */
export function personsIn({ entities }: Stream, pushed: readonly PushedChange[]): string[] {
  const subjects = new Set<string>();
  for (const change of pushed) {
    // A malformed change may be any JSON value.
    if (typeof change !== 'object' || change === null) continue;
    const { entity: name, subject, data } = change;
    const entity = entities.get(name);
    if (!entity) continue;
    if (entity.isSubject(subject) && entity.isPerson(subject)) subjects.add(subject);
    for (const person of entity.subjectsOf(data)) subjects.add(person);
  }
  return [...subjects];
}
