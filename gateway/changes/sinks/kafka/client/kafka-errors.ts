/** Classifies kafkajs' errors: no broker can be reached, Kafka refuses the event for good, or the topic is in doubt. */
import kafkajs from 'kafkajs';
import { KafkaSilent } from './kafka-connection.ts';

/** The cause of an error that kafkajs has wrapped after its retries. */
function causeOf(error: unknown): unknown {
  const wraps =
    error instanceof kafkajs.KafkaJSNumberOfRetriesExceeded ||
    error instanceof kafkajs.KafkaJSNonRetriableError;
  return wraps ? ((error as { readonly cause?: unknown }).cause ?? error) : error;
}

/** Kafka's name of a broker's error (`TOPIC_AUTHORIZATION_FAILED`); `undefined`: no broker answered. */
export function protocolErrorOf(error: unknown): string | undefined {
  const cause = causeOf(error);
  // `createTopics` has one error for each topic, and the gateway creates one topic in a call.
  if (cause instanceof kafkajs.KafkaJSAggregateError) return protocolErrorOf(cause.errors[0]);
  return cause instanceof kafkajs.KafkaJSProtocolError ? cause.type : undefined;
}

/** kafkajs reported a write that no broker confirmed, for example to a missing partition. */
export class Unconfirmed extends Error {
  override readonly name = 'Unconfirmed';
}

/**
 * kafkajs treats a broker as connected even if its first request (ApiVersions) timed out. The next request then fails with this error,
 * which has no class of its own (`notInitializedLookup` in kafkajs/src/broker/index.js).
 */
const isMute = (error: unknown): boolean =>
  error instanceof Error && error.message === 'Broker not connected';

/** Could no broker be reached? An error with which a broker answered is none of these. */
export const isAbsence = (error: unknown): boolean =>
  (error instanceof KafkaSilent || error instanceof kafkajs.KafkaJSError || isMute(error)) &&
  protocolErrorOf(error) === undefined;

/** The reason why no broker can be reached, for the readiness document. */
export type Absence = 'access_refused' | 'tls_failed' | 'no_answer' | 'unreachable';

/** @param error one for which {@link isAbsence} is true */
export function absenceOf(error: unknown): Absence {
  const cause = causeOf(error);
  if (cause instanceof kafkajs.KafkaJSSASLAuthenticationError) return 'access_refused';
  if (cause instanceof KafkaSilent || cause instanceof kafkajs.KafkaJSRequestTimeoutError || isMute(cause))
    return 'no_answer';
  const code = cause instanceof kafkajs.KafkaJSConnectionError ? codeOf(cause) : '';
  if (/CERT|SIGNATURE|^ERR_(TLS|SSL)_|^EPROTO$/.test(code)) return 'tls_failed';
  // kafkajs' own limit for a connection has no code.
  const isLate = cause instanceof kafkajs.KafkaJSConnectionError && /timeout/i.test(cause.message);
  return isLate || code === 'ETIMEDOUT' ? 'no_answer' : 'unreachable';
}

/** The system's error code, which kafkajs' types do not declare. */
const codeOf = (error: Error): string => ('code' in error ? String(error.code) : '');

export interface Refusal {
  /** The reason in the dead letter. */
  readonly reason: 'too_large' | 'invalid' | 'corrupt' | 'unsupported';
  /** After so many consecutive refusals the next attempt would be refused too. */
  readonly certainAfter: number;
}

// After any other error the gateway retries without a limit, because the cause is not the event: a missing permission, a missing topic,
// replicas out of sync.
const REFUSALS: Readonly<Record<string, Refusal>> = {
  MESSAGE_TOO_LARGE: { reason: 'too_large', certainAfter: 1 },
  RECORD_LIST_TOO_LARGE: { reason: 'too_large', certainAfter: 1 },
  INVALID_RECORD: { reason: 'invalid', certainAfter: 1 },
  INVALID_TIMESTAMP: { reason: 'invalid', certainAfter: 1 },
  // The bytes may have been damaged in transit.
  CORRUPT_MESSAGE: { reason: 'corrupt', certainAfter: 3 },
  UNSUPPORTED_FOR_MESSAGE_FORMAT: { reason: 'unsupported', certainAfter: 1 },
};

export const refusalReasons: readonly string[] = [
  ...new Set(Object.values(REFUSALS).map(({ reason }) => reason)),
];

/** @returns `undefined` if a retry may succeed */
export function refusalOf(error: unknown): Refusal | undefined {
  return REFUSALS[protocolErrorOf(error) ?? ''];
}

// A retry does not help after these errors: somebody has deleted the topic, or made another one under its name.
const NOT_THE_TOPIC: ReadonlySet<string | undefined> = new Set([
  'UNKNOWN_TOPIC_OR_PARTITION',
  'INVALID_PARTITIONS',
  'INVALID_TOPIC_EXCEPTION',
  // kafkajs has no names for the codes of newer brokers, such as UNKNOWN_TOPIC_ID (100) and INCONSISTENT_TOPIC_ID (103).
  'KAFKAJS_UNKNOWN_ERROR_CODE',
]);

/** Does this error mean that the topic may be missing, or another one than its writer knows? */
export const doubtsTopic = (error: unknown): boolean =>
  error instanceof Unconfirmed ||
  causeOf(error) instanceof kafkajs.KafkaJSMetadataNotLoaded ||
  NOT_THE_TOPIC.has(protocolErrorOf(error));
