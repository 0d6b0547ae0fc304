/**
 * `lienthong verify-response`: does a saved response carry the gateway's signature? For agencies, and for whoever they
 * show a response to; it needs no account, and no gateway when the key set is a file.
 */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { InvalidSignature } from '../signatures/invalid-signature.ts';
import { readRequest, readResponse, UnreadableMessage } from '../signatures/saved-message.ts';
import { type KeySet, verifyResponse } from '../signatures/verify-response.ts';
import { type Command, CommandError } from './command.ts';

export const command: Command = {
  summary: "verify the gateway's signature on a saved response",
  usage: `lienthong verify-response --jwks URL|FILE --response FILE [--request FILE]

  --jwks      the gateway's keys: https://…/oauth2/jwks, or a copy of it
  --response  an HTTP response as "curl -i" prints it, or response.http of "lienthong call --save"
  --request   the request that it answers; needed when the signature covers parts of it. Its first line names the
              whole address (POST https://… HTTP/1.1), or its Host field the gateway (https is assumed)

Prints what is proven, as JSON. Exit status: 0 verified, 1 not verified or not readable.`,
  async run(args) {
    const { values } = parseArgs({
      args,
      options: { jwks: { type: 'string' }, response: { type: 'string' }, request: { type: 'string' } },
    });
    if (!values.jwks || !values.response) throw new CommandError(`Usage: ${command.usage}`);
    const [keys, response, request] = await Promise.all([
      readKeys(values.jwks),
      readSaved(values.response),
      values.request === undefined ? undefined : readSaved(values.request),
    ]);
    try {
      const verified = verifyResponse(readResponse(response), request && readRequest(request), keys);
      console.log(JSON.stringify({ verified: true, ...verified }, null, 2));
      return 0;
    } catch (error) {
      if (error instanceof InvalidSignature) {
        console.log(
          JSON.stringify({ verified: false, reason: error.reason, detail: error.message }, null, 2),
        );
        return 1;
      }
      throw error instanceof UnreadableMessage ? new CommandError(error.message) : error;
    }
  },
};

async function readSaved(file: string): Promise<Buffer> {
  return readFile(file).catch(() => {
    throw new CommandError(`${file} cannot be read`);
  });
}

/** @throws CommandError when there is no JWK Set */
async function readKeys(place: string): Promise<KeySet> {
  try {
    const text = /^https?:/.test(place) ? await fetchText(place) : await readFile(place, 'utf8');
    const set: unknown = JSON.parse(text);
    if (typeof set === 'object' && set !== null && 'keys' in set && Array.isArray(set.keys)) {
      return { keys: set.keys.filter((key) => typeof key === 'object' && key !== null) };
    }
  } catch {
    // told below
  }
  throw new CommandError(`no key set (RFC 7517) can be read from ${place}`);
}

async function fetchText(url: string): Promise<string> {
  const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(10_000) });
  if (!response.ok) throw new Error(`status ${response.status}`);
  return response.text();
}
