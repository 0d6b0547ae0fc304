/** `lienthong start`: the gateway, configured by the environment. */
import { readConfig } from '../config.ts';
import { type Gateway, startGateway } from '../main.ts';
import type { Command } from './command.ts';
import { untilSignalled } from './signals.ts';

export const command: Command = {
  summary: 'run the gateway, configured by the environment (docs/operators.md)',
  usage: 'lienthong start',
  async run() {
    let gateway: Gateway | undefined;
    // As daemons do: read again what is made to change, the catalogue. While starting, it is being read anyway.
    process.on('SIGHUP', () => void gateway?.reload('SIGHUP'));
    gateway = await startGateway(readConfig());
    await untilSignalled();
    await gateway.close();
    return 0;
  },
};
