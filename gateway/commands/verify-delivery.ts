/** `lienthong verify-delivery`: does a saved delivery to a webhook carry the gateway's signature? For its receivers. */
import { InvalidSignature } from '../signatures/invalid-signature.ts';
import { readRequest, UnreadableMessage } from '../signatures/saved-message.ts';
import { verifyDelivery } from '../signatures/verify-delivery.ts';
import { type Command, CommandError, exitStatus } from './command.ts';
import { readOptions } from './options.ts';
import { readKeys, readSaved } from './saved-messages.ts';

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
    const [keys, request] = await Promise.all([readKeys(values.jwks), readSaved(values.request)]);
    try {
      console.log(JSON.stringify({ verified: true, ...verifyDelivery(readRequest(request), keys) }, null, 2));
      return exitStatus.done;
    } catch (error) {
      if (error instanceof InvalidSignature) {
        console.log(
          JSON.stringify({ verified: false, reason: error.reason, detail: error.message }, null, 2),
        );
        return exitStatus.refused;
      }
      throw error instanceof UnreadableMessage ? new CommandError(error.message) : error;
    }
  },
};
