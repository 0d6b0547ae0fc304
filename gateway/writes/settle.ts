/**
 * Settles a write: commits outcome, change and evidence in one transaction, once.
 *
 * The change passes the same checks and the same outbox as a provider's change. The provider may have pushed it first, or
 * may push it later: the same state under the same version is one change, even when its other members differ.
 */
import { UpstreamError, type WriteOutcome } from '../../adapters/adapter.ts';
import type { Catalog, Service, Stream } from '../catalog/catalog.ts';
import { examine } from '../catalog/vocabulary/checks.ts';
import { appendWhatFits } from '../changes/intake/append.ts';
import type { CheckedBatch } from '../changes/intake/check.ts';
import { checkBatch } from '../changes/intake/check.ts';
import { Problem } from '../problems/problem.ts';
import { entryOf, type Intent } from './intent.ts';
import { problemOfRejection } from './rejection.ts';
import type { WriteStore } from './store.ts';

/** The result of settling, for metrics and the log. */
export interface Settlement {
  readonly registry: string;
  /** Changes stored, and changes that the provider had pushed already. */
  readonly accepted: number;
  readonly duplicates: number;
  /** The outbox has the version with another state: the outcome is kept, and this change is not published. */
  readonly conflict: boolean;
  /** Broken checks of which the contract only warns. */
  readonly warned: readonly string[];
}

/**
 * @throws UpstreamError `malformed` for an outcome that breaks the contract; AlreadySettled; the store's own error when
 *   PostgreSQL is away
 */
export async function settle(
  store: WriteStore,
  catalog: Pick<Catalog, 'streams'>,
  service: Service,
  intent: Intent,
  outcome: WriteOutcome,
): Promise<Settlement> {
  const { registry } = service;
  const settled = { registry, accepted: 0, duplicates: 0, conflict: false, warned: [] };
  if (outcome.state === 'rejected') {
    const { status, code } = problemOfRejection(outcome.reason);
    await store.settle(intent, outcome, entryOf(intent.asker, status, code), async () => {});
    return settled;
  }
  const { data } = outcome;
  const { errors, warned } = examine(service.validateResponse, data);
  if (errors.length > 0) throw malformed(service, errors);
  const batch = changeOf(catalog.streams.get(`${registry}.changes.read`)!, service, outcome);
  let conflict = false;
  let appended = { accepted: 0, duplicates: 0 };
  await store.settle(intent, outcome, entryOf(intent.asker, 200, undefined), async (client) => {
    const { accepted, duplicates, conflicts } = await appendWhatFits(client, registry, batch);
    conflict = conflicts.length > 0;
    appended = { accepted, duplicates };
  });
  return { registry, ...appended, conflict, warned };
}

function changeOf(
  stream: Stream,
  service: Service,
  outcome: Extract<WriteOutcome, { state: 'applied' }>,
): CheckedBatch {
  const { data, version, operation, occurredAt, changedFields } = outcome;
  const entity = stream.entities.get(service.entity!)!;
  const change = {
    entity: entity.name,
    subject: entity.subjectOf(data),
    version,
    operation,
    occurredAt,
    changedFields,
    ...(operation !== 'deleted' && { data }),
  };
  try {
    return checkBatch(stream, { changes: [change] }, { identity: 'state', sound: true });
  } catch (error) {
    throw error instanceof Problem ? malformed(service, []) : error;
  }
}

/** Paths in the schema only: no values. */
function malformed(service: Service, errors: readonly { readonly schemaPath: string }[]): UpstreamError {
  const paths = errors.map(({ schemaPath }) => schemaPath).join(', ') || 'its change';
  return new UpstreamError('malformed', { cause: new Error(`outcome breaks ${service.key} at ${paths}`) });
}
