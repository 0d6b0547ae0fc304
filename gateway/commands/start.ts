/** `lienthong start`: the gateway, configured by the environment, under Node's permission model. */

import { namedPaths, readConfig, writablePaths } from '../config/config.ts';
import type { Gateway } from '../main.ts';
import { ConfigError } from '../runtime/config-error.ts';
import { confine, loadCached, PermissionError } from '../runtime/permissions.ts';
import { type Command, exitStatus } from './terminal/command.ts';
import { readOptions } from './terminal/options.ts';
import { untilSignalled } from './terminal/signals.ts';
import { asConfigError } from './terminal/start-problems.ts';

export const command: Command = {
  usage: 'lienthong start',
  serves: () => true,
  async run(args) {
    readOptions({ args, options: {} });
    try {
      const gateway = await start();
      await untilSignalled();
      await gateway.close();
      return exitStatus.done;
    } catch (error) {
      const fatal = asConfigError(error);
      await logFatal(fatal);
      throw fatal;
    }
  },
};

async function start(): Promise<Gateway> {
  const config = readConfig();
  confine({ readable: namedPaths(config), writable: writablePaths() });
  let gateway: Gateway | undefined;
  // As for daemons: SIGHUP reloads the catalogue. During the start it is being read anyway.
  process.on('SIGHUP', () => void gateway?.reload('SIGHUP'));
  // The first process of a container receives only signals that it handles, and a start may wait for PostgreSQL.
  const leave = () => process.exit(143);
  process.once('SIGTERM', leave);
  // Only in the process that remains.
  const { startGateway } = await loadCached(() => import('../main.ts'));
  gateway = await startGateway(config);
  process.off('SIGTERM', leave);
  return gateway;
}

/**
 * Writes a log line for each problem, for readers of the log, beside the text on standard error. On a terminal the text is
 * enough.
 */
async function logFatal(error: unknown): Promise<void> {
  if (process.stdout.isTTY) return;
  const { createLog } = await import('../telemetry/log.ts');
  const log = createLog('fatal');
  if (error instanceof ConfigError) {
    for (const problem of error.problems) log.fatal(problem, 'the gateway does not start');
  } else if (error instanceof PermissionError) {
    log.fatal({ reason: error.message }, 'the gateway does not start');
  } else {
    log.fatal({ err: error }, 'the gateway does not start');
  }
}
