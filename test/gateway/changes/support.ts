import { setTimeout as wait } from 'node:timers/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { pino } from 'pino';
import { asGateway } from '../../../deploy/sandbox/postgres/gateway-role.ts';
import type {
  Agreement,
  Catalog,
  FieldPath,
  Stream,
  StreamEntity,
  StreamGrant,
} from '../../../gateway/catalog/catalog.ts';
import { widen } from '../../../gateway/catalog/grant/scope.ts';
import type { Operation, PushedChange } from '../../../gateway/changes/change.ts';
import { type Changes, type ChangesOptions, createChanges } from '../../../gateway/changes/changes.ts';
import { Fenced } from '../../../gateway/changes/relay/fence.ts';
import type { SinkCheck, Transport } from '../../../gateway/changes/relay/sink.ts';
import type { ChangeEvent } from '../../../gateway/changes/render/event.ts';
import { topicSink } from '../../../gateway/changes/sinks/kafka/topic-sink.ts';
import type { AllSinkParts, OpenSinks } from '../../../gateway/changes/sinks/sinks.ts';
import { undeclared } from '../../../gateway/circumstances/recorded-circumstances.ts';
import type { EvidenceEntry, EvidenceLog } from '../../../gateway/evidence/evidence.ts';
import type { RevocationCheck, Revoked } from '../../../gateway/identity/revocations.ts';
import { openPool, type Pool } from '../../../gateway/store/pool.ts';
import { deriveSecrets } from '../../../gateway/store/secrets.ts';
import { createMetrics } from '../../../gateway/telemetry/metrics.ts';
import { freshDatabase } from '../../support/database.ts';

export const secrets = deriveSecrets(Buffer.alloc(32, 7));
export const publicUrl = 'https://gateway.test';
export const log = pino({ level: process.env.LOG_LEVEL ?? 'silent' });

export interface Firm {
  code: string;
  name: string;
  headOffice: { provinceCode: string; detail: string };
  members: { name: string; share: number }[];
}

const schema = {
  type: 'object',
  required: ['code', 'name', 'headOffice', 'members'],
  additionalProperties: false,
  properties: {
    code: { type: 'string', pattern: '^\\d{10}$' },
    name: { type: 'string', maxLength: 2000 },
    headOffice: {
      type: 'object',
      required: ['provinceCode', 'detail'],
      additionalProperties: false,
      properties: { provinceCode: { type: 'string', pattern: '^\\d{2}$' }, detail: { type: 'string' } },
    },
    members: {
      type: 'array',
      items: {
        type: 'object',
        required: ['name', 'share'],
        additionalProperties: false,
        properties: { name: { type: 'string' }, share: { type: 'number' } },
      },
    },
  },
};

const leaves = [
  '/code',
  '/name',
  '/headOffice/provinceCode',
  '/headOffice/detail',
  '/members/*/name',
  '/members/*/share',
];

const validate = new Ajv2020({ allErrors: true }).compile(schema);

export const firm: StreamEntity = {
  registry: 'business',
  name: 'enterprise',
  version: 1,
  schema,
  fields: { path: '', properties: new Map(), first: 0, end: 0, closed: false },
  validate,
  validateRead: validate,
  leaves: leaves.map((path) => ({ path, sensitivity: 'public', since: 1 })),
  subjectOf: (data) => (data as Firm).code,
  isPerson: () => false,
  isSubject: (subject) => /^\d{10}$/.test(subject),
  dimensionsOf: (data) => ({ provinceCode: (data as Firm).headOffice.provinceCode }),
  misplaced: undefined,
  noCommunes: undefined,
  subjectsOf: () => [],
};

export const stream: Stream = {
  name: 'business.changes.read',
  registry: 'business',
  entities: new Map([[firm.name, firm]]),
  maxVersionStep: 100,
  warned: [],
};

export function agreementOf(number: string, validity: Partial<Agreement> = {}): Agreement {
  return {
    number,
    title: { vi: '', en: '' },
    consumer: 'G12.thue',
    purposes: ['quan-ly-thue'],
    legalBasis: ['ND 278/2025'],
    validFrom: 0,
    validUntil: Number.MAX_SAFE_INTEGER,
    requiredHeaders: [],
    signatures: { requests: 'optional', responses: 'on-request' },
    rate: undefined,
    quota: undefined,
    ...validity,
  };
}

export interface GrantOptions {
  fields?: readonly FieldPath[];
  provinces?: readonly string[];
  agreement?: Agreement;
}

/** A grant of some top-level fields, within some provinces. */
export function grantOf(number: string, options: GrantOptions = {}): StreamGrant {
  const { fields = leaves, provinces, agreement = agreementOf(number) } = options;
  const tops = new Set(fields.map((field) => field.split('/')[1]!));
  const inScope = (dimensions: Readonly<Record<string, string>>) =>
    !provinces || provinces.includes(dimensions.provinceCode ?? '');
  return {
    agreement,
    systems: [agreement.consumer],
    stream,
    entity: firm,
    fields: {
      digest: fields.join(),
      disclosed: fields,
      withheld: leaves.filter((leaf) => !fields.includes(leaf)),
    },
    scope: provinces && {
      values: { provinceCode: provinces },
      within: widen({ provinceCode: provinces }),
      includes: (record) => inScope(firm.dimensionsOf(record)),
      restrict: (data) => data,
    },
    inScope,
    project: (data) => Object.fromEntries(Object.entries(data as Firm).filter(([name]) => tops.has(name))),
    touches: (changed) => changed.some((pointer) => tops.has(pointer.split('/')[1]!)),
    subjectsOfAnswer: () => [],
    digest: `${fields.join()}|${widen({ provinceCode: provinces ?? [] })
      .provinceCode?.toSorted()
      .join()}`,
  };
}

export function catalogOf(...streamGrants: StreamGrant[]): Catalog {
  return {
    digest: 'test',
    services: new Map(),
    streams: new Map([[stream.name, stream]]),
    agencies: new Map(),
    systems: new Map(),
    agreements: new Map(streamGrants.map(({ agreement }) => [agreement.number, agreement])),
    grants: new Map(),
    streamGrants,
    feeds: new Map(),
    issuers: new Map(),
    schemas: new Map(),
    translations: new Map(),
    warnings: [],
  };
}

export const codeOf = (n: number): string => String(3_100_000_000 + n);

export function stateOf(n: number, more: Partial<Firm> = {}, provinceCode = '01'): Firm {
  return {
    code: codeOf(n),
    name: `Công ty ${n}`,
    headOffice: { provinceCode, detail: 'số 1 phố Huế' },
    members: [{ name: 'A', share: 1 }],
    ...more,
  };
}

export interface ChangeOptions {
  operation?: Operation;
  province?: string;
  changedFields?: readonly string[];
  name?: string;
}

/** A change of firm `n`; its second version and later ones are updates of its name. */
export function changeOf(n: number, version: number, options: ChangeOptions = {}): PushedChange {
  const {
    operation = version === 1 ? 'created' : 'updated',
    province,
    name = `Công ty ${n} v${version}`,
  } = options;
  return {
    entity: 'enterprise',
    subject: codeOf(n),
    version,
    operation,
    occurredAt: '2026-03-01T08:00:00+07:00',
    changedFields: options.changedFields ?? (operation === 'updated' ? fieldsOf(province) : []),
    ...(operation === 'deleted' ? {} : { data: stateOf(n, { name }, province) }),
  };
}

/** Also of one that stays where it is: what is named and does not differ is accepted. */
function fieldsOf(province: string | undefined): string[] {
  return province === undefined ? ['/name'] : ['/name', '/headOffice/provinceCode'];
}

interface Hooks {
  teardown(end: () => unknown): void;
}

/** A migrated database of the test's own and a pool to it, as the gateway's role. */
export async function storeOf(test: Hooks, url: string): Promise<Pool> {
  const pool = openPool({ url: await asGateway(url), name: 'test', max: 16, onIdleError: () => {} });
  test.teardown(() => pool.end());
  return pool;
}

export interface Revoking extends RevocationCheck {
  revoke(revoked: Revoked): void;
  lift(revoked: Revoked): void;
  /** `false`: they cannot be read. */
  known: boolean;
}

/** Revocations in memory; none to begin with. */
export function revocationsOf(): Revoking {
  const revoked = new Map<string, Revoked>();
  const listeners = new Set<(revoked: Revoked) => void>();
  const keyOf = ({ kind, value }: Revoked) => `${kind} ${value}`;
  return {
    known: true,
    fresh() {
      return this.known;
    },
    has: (kind, value) => revoked.has(keyOf({ kind, value })),
    get agreements() {
      return new Set(
        [...revoked.values()].flatMap(({ kind, value }) => (kind === 'agreement' ? [value] : [])),
      );
    },
    onRevoked(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    revoke(one) {
      revoked.set(keyOf(one), one);
      for (const listener of listeners) listener(one);
    },
    lift: (one) => void revoked.delete(keyOf(one)),
  };
}

export interface RecordedEvidence extends EvidenceLog {
  /** The appended entries. */
  readonly entries: EvidenceEntry[];
  /** The entries that were written within transactions. */
  readonly within: EvidenceEntry[];
}

/** The evidence of a provider's publication. */
export const publication: EvidenceEntry = {
  requestId: 'a request',
  kind: 'publication',
  agency: 'G12',
  system: 'G12.dkkd',
  keyThumbprint: undefined,
  tokenId: undefined,
  agreement: undefined,
  ...undeclared,
  legalBasis: [],
  service: 'business.changes.publish@1',
  subjects: [],
  fields: undefined,
  status: 201,
  code: undefined,
  request: undefined,
  response: undefined,
};

export function recordingEvidence(): RecordedEvidence {
  const entries: EvidenceEntry[] = [];
  const within: EvidenceEntry[] = [];
  return {
    entries,
    within,
    async appendIn(_client, given) {
      within.push(...given);
      return () => {};
    },
    async append(entry) {
      entries.push(entry);
    },
    countRefusal() {},
    async close() {},
  };
}

export interface RecordingSink extends Transport {
  /** The sent events by topic, in order; an event that was sent again is repeated. */
  readonly sent: Map<string, ChangeEvent[]>;
  /** Set: `send` does not come back until it is released, or the lease is gone. */
  hold: Promise<void> | undefined;
  /** Events that are refused for good, with the reason. */
  refuse: (event: ChangeEvent) => string | undefined;
}

/** A sink that acknowledges everything, and can be held up before it does. */
export function recordingSink(): RecordingSink {
  const sent = new Map<string, ChangeEvent[]>();
  return {
    sent,
    hold: undefined,
    refuse: () => undefined,
    up: () => true,
    async open(topic) {
      if (!sent.has(topic)) sent.set(topic, []);
    },
    async send(topic, events, fence) {
      if (!fence.held()) throw new Fenced();
      const refused = events.flatMap((event) => {
        const reason = this.refuse(event);
        return reason === undefined ? [] : [{ event, reason }];
      });
      sent.get(topic)!.push(...events.filter((event) => !refused.some((one) => one.event === event)));
      if (this.hold) {
        const lost = new Promise<never>((_, reject) =>
          fence.signal.addEventListener('abort', () => reject(new Fenced())),
        );
        await Promise.race([this.hold, lost]);
      }
      return refused;
    },
    async close() {},
  };
}

/** In place of the gateway's own sinks: topics over a transport of the test's, and webhooks where there are some. */
export const sinksOver =
  (transport: Transport) =>
  async (parts: AllSinkParts): Promise<OpenSinks> => {
    const checks: SinkCheck[] = [
      { name: 'kafka', check: () => ({ status: transport.up() ? 'up' : 'down' }) },
    ];
    const topics = topicSink(parts, { name: 'recording', refusals: ['too_large'], transport, checks });
    return { sinks: [topics, ...(parts.webhooks ? [parts.webhooks.sink] : [])], off: [] };
  };

/** Options of the event flow that a test may set. The others are those of a gateway without Kafka and without revocations. */
export interface FlowOptions extends Partial<Omit<ChangesOptions, 'config'>> {
  readonly pool: Pool;
  readonly databaseUrl: string;
  readonly catalog: () => Catalog;
  readonly config?: Partial<ChangesOptions['config']>;
}

/** Opens the event flow on the given store. The caller starts and closes it. */
export function createFlow({ config, ...options }: FlowOptions): Promise<Changes> {
  return createChanges({
    ...{
      secrets,
      log,
      revocations: revocationsOf(),
      evidence: recordingEvidence(),
      metrics: createMetrics(),
    },
    ...options,
    config: {
      ...{ publicUrl, kafka: undefined, outboxRetentionDays: 7, outboxMaxBacklog: 1_000_000 },
      ...config,
    },
  });
}

/** Opens the event flow on a new database and starts it. It is closed when the test ends. */
export async function startFlow(
  test: Parameters<typeof freshDatabase>[0],
  {
    catalog,
    ...options
  }: Omit<FlowOptions, 'pool' | 'databaseUrl' | 'catalog'> & { readonly catalog: Catalog },
): Promise<{ readonly pool: Pool; readonly changes: Changes }> {
  const databaseUrl = await freshDatabase(test);
  const pool = await storeOf(test, databaseUrl);
  const changes = await createFlow({ pool, databaseUrl, catalog: () => catalog, ...options });
  changes.start();
  test.teardown(() => changes.close());
  return { pool, changes };
}

/** Whether Kafka answers, and how the first sink fares. */
export function healthOf({ sinks, checks }: Pick<Changes, 'sinks' | 'checks'>) {
  const found = checks.find(({ name }) => name === 'kafka')!.check();
  if (found instanceof Promise) throw new Error('this is known without asking');
  const { status: kafka, reason } = found;
  const [sink] = sinks;
  return { kafka, ...(reason && { reason }), leads: sink?.leads ?? false, backlogs: sink?.backlogs ?? [] };
}

/** Topics that cannot be made or written to. */
export async function troubledTopics({ checks }: Pick<Changes, 'checks'>): Promise<readonly string[]> {
  const { names = [] } = await checks.find(({ name }) => name === 'kafka topics')!.check();
  return names;
}

/** Waits for a condition, however long it takes; the test's own time limit ends it. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await wait(20);
}

export interface GatedPool {
  readonly pool: Pool;
  /** From now on nothing comes back, as when the process is stopped. */
  freeze(): void;
  /** Makes the waiting calls fail, so that their owner can be closed. */
  thaw(): void;
}

/** A pool that can be cut off from its database. */
export function gatedPool(pool: Pool): GatedPool {
  let frozen = false;
  let thaw = () => {};
  const frost = new Promise<never>((_, reject) => {
    thaw = () => reject(new Error('the connection was cut'));
  });
  frost.catch(() => {});
  const gated = new Proxy(pool, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      const method = member.bind(target);
      return name === 'query' || name === 'connect'
        ? (...args: unknown[]) => (frozen ? frost : method(...args))
        : method;
    },
  });
  return {
    pool: gated,
    freeze() {
      frozen = true;
    },
    thaw,
  };
}
