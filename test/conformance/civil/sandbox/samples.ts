/** Births to try the simulated registry with. */
import type { SampleSet } from '../../../../deploy/sandbox/registries/sample-set.ts';

export function samples(): { sets: { births: SampleSet<string> }; notable: Record<never, never> } {
  return {
    sets: { births: { present: ['KHAI_SINH-3'], absent: ['KHAI_SINH-9'], malformed: [''] } },
    notable: {},
  };
}
