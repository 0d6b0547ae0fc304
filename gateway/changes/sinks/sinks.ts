/** Every sink of the gateway, in one array. A new sink is a folder beside this file, its configuration, and a row here. */
import type { ChangeSink } from '../relay/sink.ts';
import type { SinkParts } from '../relay/sink-parts.ts';
import { openKafka } from './kafka/open-kafka.ts';
import type { Webhooks } from './webhooks/webhooks.ts';

export interface AllSinkParts extends SinkParts {
  readonly webhooks: Webhooks | undefined;
}

interface SinkRow {
  readonly name: string;
  /** `undefined`: the sink is not configured. */
  readonly open: (parts: AllSinkParts) => Promise<ChangeSink | undefined>;
  /** Logged when the sink is not configured; absent: then neither the log nor readiness names it. */
  readonly notice?: string;
}

const ROWS: readonly SinkRow[] = [
  {
    name: 'kafka',
    open: openKafka,
    notice: 'KAFKA_BROKERS is not set: changes are kept for the feed and go to no topic',
  },
  { name: 'webhook', open: async ({ webhooks }) => webhooks?.sink },
];

/** The names of all sinks, also of those that are not configured. */
export const sinkNames: readonly string[] = ROWS.map(({ name }) => name);

export interface OpenSinks {
  readonly sinks: readonly ChangeSink[];
  /** Sinks that are not configured and that operators should know of. */
  readonly off: readonly { readonly name: string; readonly notice: string }[];
}

/** Sends nothing, and waits for no connection: `lead` does. @throws the error of a sink that cannot start */
export async function openSinks(parts: AllSinkParts): Promise<OpenSinks> {
  const opened = await Promise.all(ROWS.map(({ open }) => open(parts)));
  return {
    sinks: opened.filter((sink) => sink !== undefined),
    off: ROWS.flatMap(({ name, notice }, index) => (opened[index] || !notice ? [] : [{ name, notice }])),
  };
}
