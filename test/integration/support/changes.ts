/** Changes of the business registry, as its provider pushes them and the tax office reads them. */
import type { Test } from 'tap';
import { samples } from '../../../deploy/sandbox/registries/samples.ts';
import type { TestAgreement } from '../../support/added-contracts.ts';
import type { Setting } from '../../support/setting.ts';
import type { TestClient } from '../../support/test-client.ts';
import type { TopicEvent } from './topic.ts';

/** The tax office's topic of enterprises. */
export const TOPIC = 'lienthong.business.enterprise.TT-2026-G12-02.g1';
/** The enterprises that change. */
export const codes = samples().enterprises.present.slice(0, 6);

/** Another agreement on the same changes, for `startTestGateway`. Its topic shows that the relay works. */
export const other: TestAgreement = {
  agreement: 'TT-OTHER',
  consumer: 'H30.khac',
  streams: [
    {
      stream: 'business.changes.read',
      entity: 'enterprise',
      revision: 0,
      fields: ['/name', '/numberOfChanges'],
    },
  ],
};

/** How many changes the relay has sent to the other agreement's topic. */
export async function sentOfOther(gateway: Pick<Setting, 'query'>): Promise<number> {
  const [cursor] = await gateway.query<{ sequence: number }>(
    'SELECT sequence FROM relay_cursor WHERE agreement = $1',
    [other.agreement],
  );
  return cursor?.sequence ?? 0;
}

/** Pushes one more version of each enterprise, as its provider does. */
export async function push(gateway: TestClient, version: number): Promise<void> {
  const changes = await Promise.all(
    codes.map(async (enterpriseCode) => {
      const { body } = await gateway.call('G12.thue', 'business.enterprise.lookup', { enterpriseCode });
      return {
        entity: 'enterprise',
        subject: enterpriseCode,
        version,
        operation: 'updated',
        occurredAt: new Date().toISOString(),
        changedFields: ['/numberOfChanges'],
        data: { ...(body.data as object), numberOfChanges: version },
      };
    }),
  );
  const answer = await gateway.call('G12.dkkd', 'business.changes.publish', { changes });
  if (answer.status !== 201) throw new Error(`${answer.status} ${answer.text}`);
}

/** Is everything there, in order? Repeated deliveries are allowed, and recognised by their id. */
export function complete(t: Test, events: readonly TopicEvent[], versions: number): void {
  const first = [...new Map(events.toReversed().map((event) => [event.id, event])).values()];
  t.equal(first.length, codes.length * versions, 'every change, none twice under another id');
  const sequences = first.map(({ sequence }) => sequence).sort((a, b) => a - b);
  t.same(
    sequences,
    Array.from({ length: first.length }, (_, index) => index + 1),
    'without a gap',
  );
  const seen = new Set<string>();
  const inOrder = events.filter(({ id }) => !seen.has(id) && seen.add(id));
  for (const [subject, own] of Map.groupBy(inOrder, (event) => event.subject)) {
    t.same(
      own.map(({ version }) => version),
      Array.from({ length: versions }, (_, index) => index + 1),
      subject,
    );
    t.equal(new Set(own.map(({ partition }) => partition)).size, 1, 'one partition a subject');
    t.ok(own.every(({ key, data }) => key === subject && data.state?.numberOfChanges === data.version));
  }
  const text = JSON.stringify(events.map(({ key, id }) => [key, id]));
  t.notOk(
    codes.some((code) => text.includes(code)),
    'keys and ids are pseudonyms',
  );
}

/** The value of the first line of the metrics that matches. */
export const metric = async (gateway: TestClient, line: RegExp) =>
  Number(line.exec((await gateway.operations('/metrics')).text)?.[1] ?? Number.NaN);
