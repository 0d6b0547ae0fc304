/**
 * The machine that a benchmark runs on: where its processes run, and what they use.
 *
 * On Linux with `taskset`, who is measured has the first core for itself and everything else shares the others, so
 * that nobody's speed is the speed of somebody's neighbour. Elsewhere nothing is pinned, and CPU and memory are not
 * known: the table says so.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';

/** The process that is measured, or one of those around it. */
export type Place = 'measured' | 'others';

/** CPU that a process has used, and memory that it holds; with its children, which nginx has. */
export interface Usage {
  /** User and system time, all threads, in microseconds. Granularity: a tick of the kernel, usually 10 ms. */
  readonly cpuMicros: number;
  /** Resident, now and at its highest since the start, in bytes. */
  readonly residentBytes: number;
  readonly peakBytes: number;
}

const cores = pinnableCores();

/** By `taskset -c`; `undefined`: not pinned. */
const coresOf: Readonly<Record<Place, string | undefined>> = {
  measured: cores?.[0]?.toString(),
  others: cores?.slice(1).join(','),
};

/** In words, for the head of the table. */
export const pinning = cores
  ? `the measured process alone on core ${coresOf.measured}, everything else on core ${coresOf.others}`
  : 'processes are not pinned';

/** `2 cores, AMD EPYC`: as much as a reader needs, and no more. */
export function describeMachine(): string {
  const all = cpus();
  const family = (all[0]?.model ?? '')
    .replace(/\((R|TM)\)|\bCPU\b|\bProcessor\b|@.*$|\d+-Core/gi, '')
    .replace(/\s+/g, ' ')
    .trim();
  return `${all.length} cores, ${family || process.arch}`;
}

/** Moves this process, and with it all that it starts from now on, to the cores of the others. */
export function pinThisProcess(): void {
  if (coresOf.others) spawnSync('taskset', ['-acp', coresOf.others, String(process.pid)]);
}

/** Takes {@link pinThisProcess} back, for what is to be started from now on. */
export function unpinThisProcess(): void {
  if (cores) spawnSync('taskset', ['-acp', cores.join(','), String(process.pid)]);
}

/** A command that runs `command` in its place. The process is the same: `taskset` turns into it. */
export function placed(place: Place, command: string, args: readonly string[]): [string, string[]] {
  const list = coresOf[place];
  return list ? ['taskset', ['-c', list, command, ...args]] : [command, [...args]];
}

/** @returns `undefined` where there is no /proc, and when the process has ended */
export function usageOf(pid: number): Usage | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold spaces; what follows it does not. Fields 14 and 15: utime, stime.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const kilobytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]);
    const children = childrenOf(pid).flatMap((child) => usageOf(child) ?? []);
    const sum = (own: number, key: keyof Usage) => children.reduce((total, one) => total + one[key], own);
    return {
      cpuMicros: sum((Number(fields[11]) + Number(fields[12])) * microsPerTick(), 'cpuMicros'),
      residentBytes: sum(kilobytes('VmRSS') * 1024, 'residentBytes'),
      peakBytes: sum(kilobytes('VmHWM') * 1024, 'peakBytes'),
    };
  } catch {
    return undefined;
  }
}

/**
 * Time that the core of the measured process has not been idle, in microseconds: what is more than that process used,
 * somebody else took from it. `undefined` where nothing is pinned.
 */
export function measuredCoreMicros(): number | undefined {
  if (!cores) return undefined;
  const line = readFileSync('/proc/stat', 'utf8').match(new RegExp(`^cpu${cores[0]} (.*)$`, 'm'));
  // user nice system idle iowait irq softirq steal
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] =
    line?.[1]?.split(' ').map(Number) ?? [];
  return (user + nice + system + irq + softirq + steal) * microsPerTick();
}

function childrenOf(pid: number): number[] {
  try {
    const list = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
    return list.trim().split(' ').filter(Boolean).map(Number);
  } catch {
    return []; // a kernel that does not report it
  }
}

let tick: number | undefined;

function microsPerTick(): number {
  tick ??= 1_000_000 / Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
  return tick;
}

/** The cores that this process may use, when there are two or more and `taskset` is there. */
function pinnableCores(): number[] | undefined {
  if (process.platform !== 'linux' || spawnSync('taskset', ['-V']).status !== 0) return undefined;
  const status = readFileSync('/proc/self/status', 'utf8');
  const list = /^Cpus_allowed_list:\s+(\S+)/m.exec(status)?.[1] ?? '';
  const all = list.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
  return all.length > 1 ? all : undefined;
}
