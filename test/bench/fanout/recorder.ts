/** Notes what one subscriber receives, as few instructions as it takes: five hundred of them share a core. */
import { setTimeout as wait } from 'node:timers/promises';
import { serialOf } from './changes.ts';
import type { Followed, Received } from './job.ts';

export interface Recorder {
  /** @param text whole events in the JSON format of CloudEvents, whatever stands around them */
  take(text: string): void;
  /** The connection ended before its time. */
  cut(): void;
  readonly count: number;
  received(): Received;
}

const SEQUENCE = '"sequence":"';
const DIGITS = 16;
const CAPITAL = '"charterCapital":';
const MOST_FAULTS = 5;

export function createRecorder(): Recorder {
  const serials: number[] = [];
  const arrivedAt: number[] = [];
  const faults: string[] = [];
  let sample = '';
  let cuts = 0;
  const fault = (what: string) => {
    if (faults.length < MOST_FAULTS) faults.push(what);
  };
  return {
    take(text) {
      const now = Date.now();
      let at = text.indexOf(SEQUENCE);
      if (sample === '' && at >= 0) sample = text;
      while (at >= 0) {
        const number = Number(text.slice(at + SEQUENCE.length, at + SEQUENCE.length + DIGITS));
        const capital = text.indexOf(CAPITAL, at);
        const next = text.indexOf(SEQUENCE, at + SEQUENCE.length);
        if (capital < 0 || (next >= 0 && next < capital)) fault('an event does not have the capital');
        serials.push(serialOf(Number.parseInt(text.slice(capital + CAPITAL.length, capital + 32), 10)));
        arrivedAt.push(now);
        if (number !== serials.length) fault(`event ${serials.length} has the number ${number}`);
        at = next;
      }
    },
    cut() {
      cuts++;
    },
    get count() {
      return serials.length;
    },
    received: () => ({
      serials: Float64Array.from(serials),
      arrivedAt: Float64Array.from(arrivedAt),
      faults,
      cuts,
      sample,
    }),
  };
}

/** Waits for the last events, and whether any come that should not. */
export async function finish(
  recorders: readonly Recorder[],
  { counts, within }: { readonly counts: readonly number[]; readonly within: number },
): Promise<Followed> {
  const deadline = Date.now() + within;
  while (Date.now() < deadline && recorders.some(({ count }, index) => count < counts[index]!))
    await wait(50);
  await wait(500);
  return { kind: 'finish', received: recorders.map((recorder) => recorder.received()) };
}
