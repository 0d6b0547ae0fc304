/** `lienthong verify-delivery`: does a saved delivery to a webhook carry the gateway's signature? For its receivers. */
import { readRequest } from '../client/saved-message.ts';
import { verifyDelivery } from '../client/verify-delivery.ts';
import { readKeys, reportVerified } from './gateway/saved-messages.ts';
import { type Command, CommandError } from './terminal/command.ts';
import { readBytes } from './terminal/json-input.ts';
import { readOptions } from './terminal/options.ts';

export const command: Command = {
  usage: `lienthong verify-delivery --jwks URL|FILE --request FILE

  --jwks      the gateway's keys: https://…/oauth2/jwks, or a copy of it
  --request   the HTTP request as it came: its first line (POST https://… HTTP/1.1, the whole address as it was
              subscribed, or the path with a Host field; https is assumed), its fields, an empty line, the body

Prints what is proven, as JSON. Exit status: 0 verified, 1 not verified, 2 not readable, 3 no keys at that address.`,
  async run(args) {
    const { values } = readOptions({
      args,
      options: { jwks: { type: 'string' }, request: { type: 'string' } },
    });
    if (!values.jwks) throw new CommandError("name the gateway's keys: --jwks URL or FILE");
    if (!values.request) throw new CommandError('name the saved request: --request FILE');
    const [keys, request] = await Promise.all([readKeys(values.jwks), readBytes(values.request)]);
    return reportVerified(() => verifyDelivery(readRequest(request), keys));
  },
};
