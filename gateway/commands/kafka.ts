/**
 * `lienthong kafka acls`: the access rules of all topics, as commands of Kafka's own tool, for clusters with another
 * administrator.
 */
import type pg from 'pg';
import { loadCatalog } from '../catalog/live/load.ts';
import type { AccessRule } from '../changes/sinks/kafka/access/access-rules.ts';
import { plannedAccess } from '../changes/sinks/kafka/access/planned-access.ts';
import { catalogDirectories, storeUrl } from '../config/config.ts';
import { configError } from '../runtime/config-error.ts';
import { StoreClient } from '../store/client.ts';
import { connectionFaultOf } from '../store/connection-fault.ts';
import { type Command, CommandError, exitStatus } from './terminal/command.ts';
import { readAtMost, readOptions, readVerb } from './terminal/options.ts';

export const command: Command = {
  usage: `lienthong kafka acls [--json] [--gateway User:NAME] [--contracts DIR] [--schemas DIR]
       From the catalogue and the topics' generations in the store (DATABASE_URL); Kafka is not asked. The commands are
       for kafka-acls.sh, with KAFKA_ADMIN for its connection: KAFKA_ADMIN="--bootstrap-server … --command-config …".
       --gateway adds what the gateway itself needs.`,
  async run(args) {
    const { values, positionals } = readOptions({
      args,
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        gateway: { type: 'string' },
        contracts: { type: 'string' },
        schemas: { type: 'string' },
      },
    });
    readVerb(positionals[0], ['acls']);
    readAtMost(1, positionals);
    const { gateway } = values;
    if (gateway !== undefined && !/^User:[^']+$/.test(gateway)) {
      throw new CommandError('--gateway names a principal of Kafka: User:NAME');
    }
    const connectionString = storeUrl();
    if (!connectionString)
      throw new CommandError('DATABASE_URL is not set: the generations of topics are there');
    const directories = catalogDirectories();
    const catalog = await loadCatalog({
      ...directories,
      contractsDir: values.contracts ?? directories.contractsDir,
      schemasDir: values.schemas ?? directories.schemasDir,
    });
    const client: pg.Client = new StoreClient({ connectionString, connectionTimeoutMillis: 5000 });
    await client.connect().catch((error: unknown) => {
      const fault = connectionFaultOf(error, connectionString);
      if (fault?.passing) throw new CommandError(`DATABASE_URL: ${fault.reason}`, exitStatus.unreachable);
      throw fault ? configError('DATABASE_URL', fault.reason, error) : error;
    });
    const { allow, remove } = await plannedAccess(client, catalog, Date.now()).finally(() => client.end());
    if (values.json) {
      console.log(JSON.stringify({ allow, remove, ...(gateway && { gateway: needsOf(gateway) }) }, null, 2));
      return 0;
    }
    if (gateway) for (const need of needsOf(gateway)) console.log(toolLine('add', need));
    for (const rule of merged(remove)) console.log(toolLine('remove', rule));
    for (const rule of merged(allow)) console.log(toolLine('add', rule));
    return 0;
  },
};

interface Need {
  readonly principal: string;
  readonly resource: 'topic' | 'group' | 'cluster';
  readonly name: string;
  readonly pattern: 'literal' | 'prefixed';
  readonly operations: readonly string[];
}

/** The gateway's own rights in Kafka: docs/operators/kafka.md lists the same, and a test grants it no more. */
export function needsOf(principal: string): Need[] {
  return [
    {
      ...{ principal, resource: 'topic', name: 'lienthong.', pattern: 'prefixed' },
      operations: ['create', 'describe', 'write', 'delete', 'describe_configs'],
    },
    {
      ...{ principal, resource: 'cluster', name: 'kafka-cluster', pattern: 'literal' },
      operations: ['alter', 'describe', 'describe_configs'],
    },
  ];
}

/** Merges rules that differ only in their operation. */
function merged(rules: readonly AccessRule[]): Need[] {
  const groups = Map.groupBy(rules, ({ principal, resource, name, pattern }) =>
    [principal, resource, name, pattern].join('\n'),
  );
  return [...groups.values()].map((group) => ({
    ...group[0]!,
    operations: group.map(({ operation }) => operation),
  }));
}

function toolLine(
  action: 'add' | 'remove',
  { principal, resource, name, pattern, operations }: Need,
): string {
  const target =
    resource === 'cluster' ? '--cluster' : `--${resource} '${name}' --resource-pattern-type ${pattern}`;
  const allowed = operations.map((operation) => `--operation ${toolName(operation)}`).join(' ');
  const force = action === 'remove' ? ' --force' : '';
  return `kafka-acls.sh $KAFKA_ADMIN --${action}${force} --allow-principal '${principal}' ${allowed} ${target}`;
}

/** `describe_configs` → `DescribeConfigs` */
const toolName = (operation: string): string =>
  operation.replace(/(^|_)([a-z])/g, (_, __, letter) => letter.toUpperCase());
