/** Webhooks, outbox, evidence and copies: how long things are kept, and how many there may be. */
import type { NameOf, Reader, Variable } from './reader.ts';

const HOUR = 3_600_000;

export const changeVariables = [
  {
    name: 'WEBHOOK_SECONDS',
    default: '10',
    about: 'how long one delivery to a webhook may take, to the end of the answer',
  },
  {
    name: 'WEBHOOK_RETRY_HOURS',
    default: '72',
    about: 'how long a delivery that is not taken is tried again; then it goes to the dead letters',
  },
  { name: 'WEBHOOK_SUBSCRIPTIONS', default: '50', about: 'webhook subscriptions of one system' },
  {
    name: 'REMOVAL_GRACE_HOURS',
    default: '72',
    about:
      'how long topics and webhooks of an agreement or stream that left the catalogue wait for its return before they are removed; 0: not at all. Longer than OUTBOX_RETENTION_DAYS, changes may be missing after the return',
  },
  {
    name: 'TOPIC_GRACE_HOURS',
    default: '24',
    about:
      'the same, when the agreement is in the catalogue and says that it is over, or grants fewer fields or rows; a revocation does not wait',
  },
  { name: 'OUTBOX_RETENTION_DAYS', default: '7', about: 'how long changes stay in the outbox' },
  {
    name: 'OUTBOX_MAX_BACKLOG',
    default: '1000000',
    about: "changes that the middle one of a registry's topics may be behind; past it pushes get 503",
  },
  {
    name: 'EVIDENCE_RETENTION_MONTHS',
    default: '12',
    about: 'how long evidence is kept (TCVN 14423: by the level of the system)',
  },
  {
    name: 'COPIES_MAX',
    default: '16',
    about: 'snapshots and digests that one replica makes at a time; more get 503',
  },
  { name: 'COPIES_PER_SYSTEM', default: '2', about: 'of these for one system; more get 429' },
  {
    name: 'COPIES_LISTINGS',
    default: '4',
    about: 'connections to one registry that they may use at a time, of UPSTREAM_MAX_CONNECTIONS',
  },
] as const satisfies readonly Variable[];

interface WebhookConfig {
  /** Milliseconds for one delivery, from connecting to the end of the answer. */
  readonly timeout: number;
  /** Milliseconds after which a delivery that nobody takes is given up. */
  readonly giveUpAfter: number;
  /** Subscriptions of one system. */
  readonly perSystem: number;
}

/** Snapshots and digests under way on one replica. */
export interface CopyLimits {
  readonly max: number;
  readonly perSystem: number;
  /** Calls that list records of one registry, at a time. */
  readonly listings: number;
}

export interface ChangesConfig {
  readonly webhooks: WebhookConfig;
  readonly outboxRetentionDays: number;
  /** Milliseconds for which topics and webhooks wait before they are removed: see `changes/relay/graces.ts`. */
  readonly graces: { readonly absent: number; readonly stated: number };
  /** Changes that a registry's streams may be behind before pushes are refused. */
  readonly outboxMaxBacklog: number;
  readonly evidenceRetentionMonths: number;
  /** Or is that the default? */
  readonly isEvidenceRetentionSaid: boolean;
  readonly copies: CopyLimits;
}

export function readChanges(read: Reader<NameOf<typeof changeVariables>>): ChangesConfig {
  return {
    webhooks: {
      timeout: read.integer('WEBHOOK_SECONDS', 1, 60) * 1000,
      giveUpAfter: read.integer('WEBHOOK_RETRY_HOURS', 1, 2400) * 3_600_000,
      perSystem: read.integer('WEBHOOK_SUBSCRIPTIONS', 1, 100_000),
    },
    outboxRetentionDays: read.integer('OUTBOX_RETENTION_DAYS', 1, 3650),
    graces: {
      absent: read.integer('REMOVAL_GRACE_HOURS', 0, 8760) * HOUR,
      stated: read.integer('TOPIC_GRACE_HOURS', 0, 8760) * HOUR,
    },
    outboxMaxBacklog: read.integer('OUTBOX_MAX_BACKLOG', 1000, 1_000_000_000),
    evidenceRetentionMonths: read.integer('EVIDENCE_RETENTION_MONTHS', 1, 1200),
    isEvidenceRetentionSaid: read.isSet('EVIDENCE_RETENTION_MONTHS'),
    copies: {
      max: read.integer('COPIES_MAX', 1, 1000),
      perSystem: read.integer('COPIES_PER_SYSTEM', 1, 1000),
      listings: read.integer('COPIES_LISTINGS', 1, 1000),
    },
  };
}
