/** `lienthong start`: the gateway, configured by the environment, under Node's permission model. */
import { namedPaths, readConfig } from '../config.ts';
import { confine, loadCached } from '../permissions.ts';
import type { Command } from './command.ts';
import { untilSignalled } from './signals.ts';

export const command: Command = {
  summary: 'run the gateway, configured by the environment (docs/operators.md)',
  usage: 'lienthong start',
  async run() {
    const config = readConfig();
    confine(namedPaths(config));
    // Only in the process that stays.
    const { startGateway } = await loadCached(() => import('../main.ts'));
    const gateway = await startGateway(config);
    // As daemons do: read the configuration again that is made to change, the catalogue.
    process.on('SIGHUP', () => void gateway.reload('SIGHUP'));
    await untilSignalled();
    await gateway.close();
    return 0;
  },
};
