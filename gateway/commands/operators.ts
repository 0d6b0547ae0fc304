/** `lienthong operators token`: a token for an operator, and the entry of `OPERATORS_FILE` that permits it. */
import { randomBytes } from 'node:crypto';
import { digestOfToken, parseOperators } from '../config/operators-file.ts';
import { type Command, CommandError, exitStatus } from './terminal/command.ts';
import { readOptions, readVerb } from './terminal/options.ts';

export const command: Command = {
  usage: `lienthong operators token NAME [--valid-until YYYY-MM-DD]
       The token is printed on standard error, once: hand it to NAME. The entry on standard output belongs under
       "operators:" in OPERATORS_FILE; the gateway reads it with the next request.`,
  async run(args) {
    const { values, positionals } = readOptions({
      args,
      allowPositionals: true,
      options: { 'valid-until': { type: 'string' } },
    });
    const [verb, name, ...rest] = positionals;
    readVerb(verb, ['token']);
    if (name === undefined || rest.length > 0) throw new CommandError('name one operator');
    const token = randomBytes(32).toString('base64url');
    const validUntil = values['valid-until'];
    const entry = [
      `  - name: ${name}`,
      `    tokenSha256: ${digestOfToken(token)}`,
      ...(validUntil === undefined ? [] : [`    validUntil: ${validUntil}`]),
    ].join('\n');
    try {
      parseOperators(`operators:\n${entry}\n`);
    } catch (error) {
      throw new CommandError(`no entry of OPERATORS_FILE: ${(error as Error).message}`);
    }
    console.error(token);
    console.log(entry);
    return exitStatus.done;
  },
};
