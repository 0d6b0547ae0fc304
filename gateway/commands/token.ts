/** `lienthong token`: an access token on standard output, for curl. */
import { parseArgs } from 'node:util';
import { clientOptions, clientUsage, openClient, reach } from './client.ts';
import type { Command } from './command.ts';

export const command: Command = {
  summary: 'get an access token for a system and print it',
  usage: `lienthong token ${clientUsage} [--scope "SERVICE …"]`,
  async run(args) {
    const { values } = parseArgs({ args, options: { ...clientOptions, scope: { type: 'string' } } });
    const { client, url } = await openClient(values);
    console.log(await reach(url, () => client.token(values.scope)));
    return 0;
  },
};
