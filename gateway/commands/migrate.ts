/** `lienthong migrate`: the database owner's step before a gateway starts, so that the gateway's own role owns nothing. */

import { readMigrationConfig } from '../config/config.ts';
import { type ConfigProblem, configError, PassingConfigError } from '../runtime/config-error.ts';
import { connectionFaultOf } from '../store/connection-fault.ts';
import { awaitStore } from '../store/prepare/await-store.ts';
import { prepareDatabase } from '../store/prepare/prepare-database.ts';
import { type Command, CommandError, exitStatus } from './terminal/command.ts';
import { readOptions } from './terminal/options.ts';

export const command: Command = {
  usage: `lienthong migrate [--create-role]

       DATABASE_OWNER_URL  the owner of the tables; unset: the role of DATABASE_URL is the owner
       DATABASE_URL        as the gateway has it: its role is given what the gateway needs
       --create-role       makes that role, with the password of DATABASE_URL, if it is not there
       EVIDENCE_RETENTION_MONTHS, when it is set, is kept in the database: the gateway deletes nothing younger.
       May be repeated.`,
  async run(args) {
    const { values } = readOptions({ args, options: { 'create-role': { type: 'boolean', default: false } } });
    const {
      ownerUrl: url,
      ownerVariable: variable,
      gateway,
      databaseWait,
      ...others
    } = readMigrationConfig();
    for (const warning of others.warnings) console.error(`${warning.variable}: ${warning.reason}`);
    if (values['create-role'] && !gateway) {
      throw new CommandError('--create-role needs DATABASE_OWNER_URL, and another role in DATABASE_URL');
    }
    if (values['create-role'] && gateway?.password === undefined) {
      throw configError('DATABASE_URL', 'has no password for the role that is to be made');
    }
    await awaitStore({
      ...{ url, variable, wait: databaseWait },
      onWait: (reason) => console.error(`${variable}: ${reason}; waiting for PostgreSQL`),
    }).catch((error: unknown) => {
      throw error instanceof PassingConfigError ? unreachable(error.problems[0]!) : error;
    });
    const role = gateway && { ...gateway, password: values['create-role'] ? gateway.password : undefined };
    const options = { url, role, retentionMonths: others.evidenceRetentionMonths };
    const { migrated, granted, madeRole } = await prepareDatabase(options).catch((error: unknown) => {
      const fault = connectionFaultOf(error, url);
      if (fault?.passing) throw unreachable({ variable, reason: fault.reason });
      throw fault ? configError(variable, fault.reason, error) : error;
    });
    if (role && madeRole) console.log(`made the role ${role.name}`);
    for (const name of migrated) console.log(`migrated ${name}`);
    if (role && granted.length > 0)
      console.log(`gave the role ${role.name} its rights on ${granted.join(', ')}`);
    if (!madeRole && migrated.length === 0 && granted.length === 0) console.log('nothing to do');
    if (!role) {
      console.log(
        'The gateway’s role owns the tables, and could rewrite evidence: docs/operators/postgresql.md, "The database’s roles".',
      );
    }
    return exitStatus.done;
  },
};

/** A retry may help, unlike with other faults of the configuration. */
function unreachable({ variable, reason }: ConfigProblem): CommandError {
  return new CommandError(`${variable}: ${reason}`, exitStatus.unreachable);
}
