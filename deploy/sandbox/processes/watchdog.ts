import { spawn } from 'node:child_process';

// `read` returns when the other end of its standard input closes, and the kernel closes it however this
// process ends, SIGKILL included. The wait is bounded: a zombie that nobody reaps answers `kill -0` for ever.
const SCRIPT = `
read -r _
pid=$1 signal=$2
shift 2
kill -s "$signal" "$pid" 2>/dev/null
n=0
while kill -0 "$pid" 2>/dev/null && [ $n -lt 150 ]; do sleep 0.1; n=$((n + 1)); done
kill -s KILL "$pid" 2>/dev/null
[ $# -eq 0 ] || rm -rf -- "$@"
`;

export interface Watch {
  /** The process to end when this one dies. */
  pid: number;
  /** The signal that ends it in an orderly way; SIGKILL follows after 15 s. */
  signal: 'INT' | 'TERM';
  /** Directories to remove once it has ended. */
  remove?: readonly string[];
}

/**
 * Ends a server that runs in a process group of its own when this process dies without having stopped it.
 *
 * Returns how to call the watch off: MUST be called as soon as the watched process has ended, because its
 * pid may then be given to another.
 */
export function watchdog({ pid, signal, remove = [] }: Watch): () => void {
  const shell = spawn('/bin/sh', ['-c', SCRIPT, 'lienthong-watchdog', String(pid), signal, ...remove], {
    cwd: '/',
    // Its own process group: Ctrl-C in a terminal reaches the gateway, which drains and then stops the server.
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  shell.once('error', () => {}); // no shell, no watchdog: the server is still stopped by stop()
  shell.stdin?.on('error', () => {});
  shell.unref();
  return () => void shell.kill('SIGKILL');
}
