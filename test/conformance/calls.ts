/** Calls of an adapter as the gateway makes them, and a real server for it to ask. */
import type { Test } from 'tap';
import {
  type Adapter,
  type CallContext,
  type RegistryAnswer,
  UpstreamError,
} from '../../adapters/adapter.ts';
import type { UpstreamOptions } from '../../adapters/upstream/upstream.ts';
import { type RecordingObserver, recordingObserver } from '../adapters/support/observer.ts';
import {
  type Received,
  type Respond,
  send,
  startServer,
  type TestServer,
} from '../adapters/support/server.ts';
import type { Subject } from './subject.ts';

export const requestId = '0198c0de-0000-7000-8000-000000000001';
export const patient = 30_000;
export const secret = 'Nguyễn-Thị-Bí-Mật';

export function callOf(deadlineIn = patient, overrides: Partial<CallContext> = {}): CallContext {
  return {
    requestId,
    agency: 'H26',
    system: 'H26.motcua',
    purpose: 'dich-vu-cong',
    caseId: '000.00.04.H26-260101-0001',
    officerId: 'CB-0001',
    deadline: performance.now() + deadlineIn,
    ...overrides,
  };
}

/** Calls an operation by name, or by name and version; the port keeps requests opaque. */
export function invoke(
  adapter: Adapter,
  operation: string,
  request: object,
  call = callOf(),
): Promise<RegistryAnswer> {
  return adapter.operations[versioned(operation)]!(request as never, call);
}

/** `parcel` → `parcel@1`: names stand for their first version. */
export function versioned(name: string): string {
  return name.includes('@') ? name : `${name}@1`;
}

/** The failure of a call that must fail with an UpstreamError; a defect is what else it may be. */
export async function failureOf(t: Test, answer: Promise<unknown>): Promise<UpstreamError> {
  const error: unknown = await answer.then(
    (value) => new Error(`answered ${JSON.stringify(value)}`),
    (reason: unknown) => reason,
  );
  if (error instanceof UpstreamError) return error;
  t.fail('did not fail as the port says', { error });
  throw error;
}

interface SetUp {
  readonly server: TestServer;
  readonly adapter: Adapter;
  readonly observer: RecordingObserver;
  /** Requests of the operation itself. */
  asked(): Received[];
}

/** The subject's adapter before a server that answers so. */
export async function setUp(
  t: Test,
  subject: Subject,
  respond: Respond,
  options: Partial<UpstreamOptions> = {},
) {
  const prelude = subject.prelude ?? (() => undefined);
  const server = await startServer(t, (response, received) => {
    const before = prelude(received);
    if (before) send(before)(response, received);
    else respond(response, received);
  });
  const observer = recordingObserver();
  const adapter = subject.create(server.url, {
    maxConnections: 4,
    maxResponseBytes: 100_000,
    observer,
    ...options,
  });
  t.teardown(() => adapter.close());
  const result: SetUp = {
    server,
    adapter,
    observer,
    asked: () => server.received.filter((received) => !prelude(received)),
  };
  return result;
}
