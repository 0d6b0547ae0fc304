/**
 * A PostgreSQL that hangs: every process of it is stopped (SIGSTOP), so that its sockets stay open, connections are still
 * taken by the kernel, and nothing is ever answered.
 */
import { readFileSync } from 'node:fs';

/** Stops the server and all its children. @returns how it goes on */
export function freeze(pid: number): () => void {
  // The postmaster first: it starts no process after that.
  process.kill(pid, 'SIGSTOP');
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  const stopped = [pid];
  for (const child of children.split(' ').filter(Boolean).map(Number)) {
    try {
      process.kill(child, 'SIGSTOP');
      stopped.push(child);
    } catch {
      // It has just ended.
    }
  }
  return () => {
    for (const one of stopped.splice(0).reverse()) {
      try {
        process.kill(one, 'SIGCONT');
      } catch {
        // It has ended since: somebody killed it.
      }
    }
  };
}
