/**
 * `lienthong verify-response`: does a saved response carry the gateway's signature? For agencies, and for third parties that
 * receive a response from them; it needs no account, and no gateway when the key set is a file.
 */
import { readRequest, readResponse } from '../client/saved-message.ts';
import { verifyResponse } from '../client/verify-response.ts';
import { readKeys, reportVerified } from './gateway/saved-messages.ts';
import { type Command, CommandError } from './terminal/command.ts';
import { readBytes } from './terminal/json-input.ts';
import { readOptions } from './terminal/options.ts';

export const command: Command = {
  usage: `lienthong verify-response --jwks URL|FILE --response FILE [--request FILE]

  --jwks      the gateway's keys: https://…/oauth2/jwks, or a copy of it
  --response  an HTTP response as "curl -i" prints it, or response.http of "lienthong call --save"
  --request   the request that it answers; needed when the signature covers parts of it. Its first line names the
              whole address (POST https://… HTTP/1.1), or its Host field the gateway (https is assumed)

Prints what is proven, as JSON. Exit status: 0 verified, 1 not verified, 2 not readable, 3 no keys at that address.`,
  async run(args) {
    const { values } = readOptions({
      args,
      options: { jwks: { type: 'string' }, response: { type: 'string' }, request: { type: 'string' } },
    });
    if (!values.jwks) throw new CommandError("name the gateway's keys: --jwks URL or FILE");
    if (!values.response) throw new CommandError('name the saved response: --response FILE');
    const [keys, response, request] = await Promise.all([
      readKeys(values.jwks),
      readBytes(values.response),
      values.request === undefined ? undefined : readBytes(values.request),
    ]);
    return reportVerified(() =>
      verifyResponse(readResponse(response), request && readRequest(request), keys),
    );
  },
};
