/** `lienthong keys generate`: a key pair for a system; the private key stays with the system. */
import { createPrivateKey } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import type { JWK } from 'jose';
import { generateKey } from '../client/client.ts';
import { type Command, CommandError, exitStatus } from './terminal/command.ts';
import { readAtMost, readOptions, readVerb } from './terminal/options.ts';

export const command: Command = {
  usage: `lienthong keys generate --out FILE [--pem]

  --out   where the private key goes, for its owner's eyes only (mode 0600); a file that exists is left as it is
  --pem   as PEM (PKCS #8, RFC 5958), which most OAuth libraries read; else as a JWK (RFC 7517), which this command reads

Prints the public key as a JWK Set, for the agency's file. Its \`kid\` is what the header of a client assertion names.`,
  async run(args) {
    const { values, positionals } = readOptions({
      args,
      allowPositionals: true,
      options: { out: { type: 'string' }, pem: { type: 'boolean', default: false } },
    });
    readVerb(positionals[0], ['generate']);
    readAtMost(1, positionals);
    if (!values.out) throw new CommandError('name the file for the private key: --out FILE');
    const { privateJwk, publicJwk } = await generateKey();
    const text = values.pem ? pemOf(privateJwk) : `${JSON.stringify(privateJwk, null, 2)}\n`;
    await writeFile(values.out, text, { mode: 0o600, flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
      throw new CommandError(
        error.code === 'EEXIST' ? `${values.out} exists already` : `${values.out} cannot be written`,
      );
    });
    console.log(JSON.stringify({ keys: [publicJwk] }, null, 2));
    return exitStatus.done;
  },
};

function pemOf(privateJwk: JWK): string {
  const key = createPrivateKey({ key: privateJwk as object, format: 'jwk' });
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}
