/** `lienthong keys generate`: a key pair for a system; the private key stays with the system. */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { generateKey } from '../identity/client.ts';
import { type Command, CommandError } from './command.ts';

export const command: Command = {
  summary: "keys generate: make a system's key pair; prints the public JWK Set for its agency file",
  usage: 'lienthong keys generate --out FILE.jwk.json',
  async run(args) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { out: { type: 'string' } },
    });
    if (positionals[0] !== 'generate' || !values.out) throw new CommandError(`Usage: ${command.usage}`);
    const { privateJwk, publicJwk } = await generateKey();
    await writeFile(values.out, `${JSON.stringify(privateJwk, null, 2)}\n`, {
      mode: 0o600,
      flag: 'wx',
    }).catch((error: NodeJS.ErrnoException) => {
      throw new CommandError(
        error.code === 'EEXIST' ? `${values.out} exists already` : `${values.out} cannot be written`,
      );
    });
    console.log(JSON.stringify({ keys: [publicJwk] }, null, 2));
    return 0;
  },
};
