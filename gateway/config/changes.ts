/** Webhooks, outbox, evidence and copies: their retention and their limits. */
import { hours, integer, seconds } from '../../adapters/config/parsers.ts';
import type { Owner, Reader } from '../../adapters/config/variables.ts';

export const changes = {
  title: 'Changes, evidence and copies',
  variables: [
    {
      name: 'WEBHOOK_SECONDS',
      default: '10',
      about: 'how long one delivery to a webhook may take, to the end of the answer',
      parse: seconds(1, 60),
    },
    {
      name: 'WEBHOOK_RETRY_HOURS',
      default: '72',
      about: 'how long a delivery that is not taken is tried again; then it goes to the dead letters',
      parse: hours(1, 2400),
    },
    {
      name: 'WEBHOOK_SUBSCRIPTIONS',
      default: '50',
      about: 'webhook subscriptions of one system',
      parse: integer(1, 100_000),
    },
    {
      name: 'REMOVAL_GRACE_HOURS',
      default: '72',
      about:
        'how long topics and webhooks of an agreement or stream that left the catalogue wait for its return before they are removed; 0: not at all. Longer than OUTBOX_RETENTION_DAYS, changes may be missing after the return',
      parse: hours(0, 8760),
    },
    {
      name: 'TOPIC_GRACE_HOURS',
      default: '24',
      about:
        'the same, when the agreement is in the catalogue and says that it is over, or grants fewer fields or rows; a revocation does not wait',
      parse: hours(0, 8760),
    },
    {
      name: 'OUTBOX_RETENTION_DAYS',
      default: '7',
      about: 'how long changes stay in the outbox',
      parse: integer(1, 3650),
    },
    {
      name: 'OUTBOX_MAX_BACKLOG',
      default: '1000000',
      about: "changes that the middle one of a registry's topics may be behind; past it pushes get 503",
      parse: integer(1000, 1_000_000_000),
    },
    {
      name: 'EVIDENCE_RETENTION_MONTHS',
      default: '12',
      about: 'how long evidence is kept (TCVN 14423: by the level of the system)',
      parse: integer(1, 1200),
    },
    {
      name: 'COPIES_MAX',
      default: '16',
      about: 'snapshots and digests that one replica makes at a time; more get 503',
      parse: integer(1, 1000),
    },
    {
      name: 'COPIES_PER_SYSTEM',
      default: '2',
      about: 'of these for one system; more get 429',
      parse: integer(1, 1000),
    },
    {
      name: 'COPIES_LISTINGS',
      default: '4',
      about: 'connections to one registry that they may use at a time, of UPSTREAM_MAX_CONNECTIONS',
      parse: integer(1, 1000),
    },
  ],
} as const satisfies Owner;

interface WebhookConfig {
  /** Milliseconds for one delivery, from the connection to the end of the answer. */
  readonly timeout: number;
  /** Milliseconds after which the events of a failing delivery become dead letters. */
  readonly giveUpAfter: number;
  /** The most subscriptions of one system. */
  readonly perSystem: number;
}

/** The most concurrent snapshots and digests on one replica. */
export interface CopyLimits {
  readonly max: number;
  readonly perSystem: number;
  /** Concurrent calls that list records of one registry. */
  readonly listings: number;
}

export interface ChangesConfig {
  readonly webhooks: WebhookConfig;
  readonly outboxRetentionDays: number;
  /** Milliseconds for which topics and webhooks wait before they are removed (`changes/relay/graces.ts`). */
  readonly graces: { readonly absent: number; readonly stated: number };
  /** The most changes that the median stream of a registry may be behind; above it pushes are refused. */
  readonly outboxMaxBacklog: number;
  readonly evidenceRetentionMonths: number;
  /** `false`: `evidenceRetentionMonths` is the default value. */
  readonly isEvidenceRetentionSet: boolean;
  readonly copies: CopyLimits;
}

export function readChanges(read: Reader<typeof changes.variables>): ChangesConfig {
  return {
    webhooks: {
      timeout: read.value('WEBHOOK_SECONDS'),
      giveUpAfter: read.value('WEBHOOK_RETRY_HOURS'),
      perSystem: read.value('WEBHOOK_SUBSCRIPTIONS'),
    },
    outboxRetentionDays: read.value('OUTBOX_RETENTION_DAYS'),
    graces: {
      absent: read.value('REMOVAL_GRACE_HOURS'),
      stated: read.value('TOPIC_GRACE_HOURS'),
    },
    outboxMaxBacklog: read.value('OUTBOX_MAX_BACKLOG'),
    evidenceRetentionMonths: read.value('EVIDENCE_RETENTION_MONTHS'),
    isEvidenceRetentionSet: read.isSet('EVIDENCE_RETENTION_MONTHS'),
    copies: {
      max: read.value('COPIES_MAX'),
      perSystem: read.value('COPIES_PER_SYSTEM'),
      listings: read.value('COPIES_LISTINGS'),
    },
  };
}
