/** `lienthong start`: the gateway, configured by the environment, under Node's permission model. */
import { namedPaths, readConfig } from '../config.ts';
import type { Gateway } from '../main.ts';
import { confine, loadCached } from '../permissions.ts';
import type { Command } from './command.ts';
import { untilSignalled } from './signals.ts';

export const command: Command = {
  summary: 'run the gateway, configured by the environment (docs/operators.md)',
  usage: 'lienthong start',
  async run() {
    const config = readConfig();
    const { catalogueCacheDir: cache } = config;
    confine({ readable: namedPaths(config), writable: cache ? [cache] : [] });
    let gateway: Gateway | undefined;
    // As daemons do: read again what is made to change, the catalogue. While starting, it is being read anyway.
    process.on('SIGHUP', () => void gateway?.reload('SIGHUP'));
    // Only in the process that stays.
    const { startGateway } = await loadCached(() => import('../main.ts'));
    gateway = await startGateway(config);
    await untilSignalled();
    await gateway.close();
    return 0;
  },
};
