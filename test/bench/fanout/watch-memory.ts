/** Is a process's memory flat? Looked at twice a second. */
import { usageOf } from '../machine.ts';
import { median } from '../statistics.ts';

const EVERY = 500;

/** Medians of what was resident in the first and in the last third of the time, in bytes; `undefined` where it is not known. */
export interface Resident {
  readonly first: number | undefined;
  readonly last: number | undefined;
}

export function watchMemory(pid: number): { stop(): Resident } {
  const seen: number[] = [];
  const look = () => {
    const usage = usageOf(pid);
    if (usage) seen.push(usage.residentBytes);
  };
  const timer = setInterval(look, EVERY);
  return {
    stop() {
      clearInterval(timer);
      const third = Math.floor(seen.length / 3);
      if (third === 0) return { first: undefined, last: undefined };
      return { first: median(seen.slice(0, third)), last: median(seen.slice(-third)) };
    },
  };
}
