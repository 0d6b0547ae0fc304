/** `lienthong start`: the gateway, configured by the environment. */
import { readConfig } from '../config.ts';
import { startGateway } from '../main.ts';
import type { Command } from './command.ts';
import { untilSignalled } from './signals.ts';

export const command: Command = {
  summary: 'run the gateway, configured by the environment (docs/operators.md)',
  usage: 'lienthong start',
  async run() {
    const gateway = await startGateway(readConfig());
    // As daemons do: read the configuration again that is made to change, the catalogue.
    process.on('SIGHUP', () => void gateway.reload('SIGHUP'));
    await untilSignalled();
    await gateway.close();
    return 0;
  },
};
