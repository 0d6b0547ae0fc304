import { fstatSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { ofEach } from './registries.ts';
import { startRegistries } from './start.ts';

/**
 * Runs the simulated registries as a process of their own:
 *
 *     node deploy/sandbox/registries/main.ts --population 8101 --business 8102 --land 8103
 *
 * A registry without a port in the options gets a free one. `--journal file` keeps changes for the next start.
 *
 * Prints one line of JSON, the `RegistryConnections`, when ready. Ends on SIGTERM and SIGINT, and when its parent process ends.
 */
const { values } = parseArgs({
  options: {
    host: { type: 'string', default: '127.0.0.1' },
    ...ofEach(() => ({ type: 'string', default: '0' }) as const),
    journal: { type: 'string' },
    'token-lifetime': { type: 'string', default: '300' },
  },
});

const {
  registries: _,
  close,
  ...connections
} = await startRegistries({
  host: values.host,
  ports: ofEach((name) => Number(values[name])),
  journal: values.journal,
  tokenLifetimeSeconds: Number(values['token-lifetime']),
});

const stop = () => void close().then(() => process.exit(0));
process.once('SIGTERM', stop);
process.once('SIGINT', stop);
process.once('disconnect', stop);
if (isPipe(0)) process.stdin.once('close', stop).resume();

process.stdout.write(`${JSON.stringify(connections)}\n`);

/** A terminal or /dev/null says nothing about the parent process; the end of a pipe does. */
function isPipe(descriptor: number): boolean {
  try {
    const stats = fstatSync(descriptor);
    return stats.isFIFO() || stats.isSocket();
  } catch {
    return false;
  }
}
