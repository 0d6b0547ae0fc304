/**
 * `lienthong token`: an access token on standard output, for curl; or, with `--for`, the header fields of one request,
 * for `curl -H @-`: a token that is bound to a key needs a proof for exactly that request.
 */
import { clientOptions, clientUsage, openClient, reach } from './gateway/client.ts';
import { type Command, CommandError } from './terminal/command.ts';
import { readOptions } from './terminal/options.ts';

export const command: Command = {
  usage: `lienthong token ${clientUsage} [--scope "SERVICE …"] [--for "METHOD ADDRESS"]`,
  async run(args) {
    const { values } = readOptions({
      args,
      options: { ...clientOptions, scope: { type: 'string' }, for: { type: 'string' } },
    });
    const request = values.for === undefined ? undefined : readRequest(values.for);
    const { client, url, close } = await openClient(values);
    await reach(url, async () => {
      if (!request) return console.log(await client.token(values.scope));
      const fields = await client.authorise(request.method, request.address, values.scope);
      for (const [name, value] of Object.entries(fields)) console.log(`${name}: ${value}`);
    }).finally(close);
    return 0;
  },
};

function readRequest(text: string): { method: string; address: string } {
  const [method = '', address = ''] = text.split(' ');
  if (!/^[A-Z]+$/.test(method) || !URL.canParse(address)) {
    throw new CommandError('--for takes a method and an address: "POST https://…/v1/…"');
  }
  return { method, address };
}
