import { spawnSync } from 'node:child_process';

/** Process ids of all that descend from `ancestor`, itself included. */
export function descendants(ancestor: number): number[] {
  const children = Map.groupBy(processes(), ({ parent }) => parent);
  const found = [ancestor];
  for (const pid of found) found.push(...(children.get(pid) ?? []).map((child) => child.pid));
  return found;
}

/** Those of `pids` that still run. */
export function running(pids: readonly number[]): number[] {
  const all = new Set(processes().map(({ pid }) => pid));
  return pids.filter((pid) => all.has(pid));
}

/** Every process of the machine but zombies, which have ended. */
function processes(): { pid: number; parent: number }[] {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid=,stat='], { encoding: 'utf8' });
  return stdout
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([pid, , state]) => pid && !state?.startsWith('Z'))
    .map(([pid, parent]) => ({ pid: Number(pid), parent: Number(parent) }));
}
