/** Memory that a process holds while it is at work: does it grow? */
import { usageOf } from '../machine.ts';

const EVERY = 500;
/** Samples at the end of a third that count together, so that one garbage collection is no trend. */
const WINDOW = 5;

export interface Memory {
  /** Bytes, at the end of the first third of the time, and of the last. */
  readonly early: number;
  readonly late: number;
}

/** Begins to look. @returns ends it; `undefined` where memory is not known */
export function watchMemory(pid: number): () => Memory | undefined {
  const samples: number[] = [];
  const look = () => {
    const usage = usageOf(pid);
    if (usage) samples.push(usage.residentBytes);
  };
  const timer = setInterval(look, EVERY);
  return () => {
    clearInterval(timer);
    look();
    if (samples.length < 3) return undefined;
    return { early: upTo(samples, Math.ceil(samples.length / 3)), late: upTo(samples, samples.length) };
  };
}

function upTo(samples: readonly number[], end: number): number {
  const window = samples.slice(Math.max(0, end - WINDOW), end);
  return window.reduce((sum, value) => sum + value, 0) / window.length;
}
