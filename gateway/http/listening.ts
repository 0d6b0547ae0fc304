/** Explains why the gateway cannot listen on a port, by the variable that configures it. */

import { codeOf } from '../config/reader.ts';
import { configError } from '../runtime/config-error.ts';

const REASONS: Readonly<Record<string, readonly [variable: 'HOST' | undefined, reason: string]>> = {
  EADDRINUSE: [undefined, 'somebody else listens there'],
  EACCES: [undefined, 'this user may not listen there (ports below 1024 need a right)'],
  EADDRNOTAVAIL: ['HOST', 'is no address of this machine'],
  ENOTFOUND: ['HOST', 'is no address, and no name that is known'],
  EINVAL: ['HOST', 'is no address, and no name that is known'],
  EAI_AGAIN: ['HOST', 'is no address, and no name that is known'],
};

/**
 * Starts to listen.
 * @param variable that configures the port
 * @throws ConfigError
 */
export async function listening(variable: string, listen: () => Promise<unknown>): Promise<void> {
  try {
    await listen();
  } catch (error) {
    const code = codeOf(error);
    const known = REASONS[code];
    if (!known) throw error;
    const [host, reason] = known;
    throw configError(host ?? variable, `${reason} (${code})`, error);
  }
}
