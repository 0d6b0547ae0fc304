import type { UpstreamObserver } from '../../../adapters/upstream/upstream.ts';

export interface RecordingObserver extends UpstreamObserver {
  readonly outcomes: string[];
  readonly states: string[];
  retries: number;
}

/** Records the calls of the observer. */
export function recordingObserver(): RecordingObserver {
  return {
    outcomes: [],
    states: [],
    retries: 0,
    finished(_upstream, outcome) {
      this.outcomes.push(outcome);
    },
    retried() {
      this.retries++;
    },
    breakerChanged(_upstream, state) {
      this.states.push(state);
    },
  };
}
