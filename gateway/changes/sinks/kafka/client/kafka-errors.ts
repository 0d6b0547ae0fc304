/** The meaning of kafkajs' errors: an absent broker, a refusal for good, or a doubt about the topic. */
import kafkajs from 'kafkajs';
import { KafkaSilent } from './kafka-connection.ts';

/** The cause of an error that kafkajs has wrapped after its retries. */
function causeOf(error: unknown): unknown {
  const wraps =
    error instanceof kafkajs.KafkaJSNumberOfRetriesExceeded ||
    error instanceof kafkajs.KafkaJSNonRetriableError;
  return wraps ? ((error as { readonly cause?: unknown }).cause ?? error) : error;
}

/** The name that Kafka gives to an error of a broker (`TOPIC_AUTHORIZATION_FAILED`); `undefined`: none answered. */
export function protocolErrorOf(error: unknown): string | undefined {
  const cause = causeOf(error);
  // createTopics has one error for each topic; there is one topic.
  if (cause instanceof kafkajs.KafkaJSAggregateError) return protocolErrorOf(cause.errors[0]);
  return cause instanceof kafkajs.KafkaJSProtocolError ? cause.type : undefined;
}

/** A write that kafkajs reported and no broker confirmed: a partition that is not there, for instance. */
export class Unconfirmed extends Error {
  override readonly name = 'Unconfirmed';
}

/**
 * kafkajs takes a broker for connected that let its first request (ApiVersions) run out of time. The next request then
 * fails with this error, which has no class of its own (`notInitializedLookup` in kafkajs/src/broker/index.js).
 */
const isMute = (error: unknown): boolean =>
  error instanceof Error && error.message === 'Broker not connected';

/** No broker can be reached, as opposed to: one answered, and refused. */
export const isAbsence = (error: unknown): boolean =>
  (error instanceof KafkaSilent || error instanceof kafkajs.KafkaJSError || isMute(error)) &&
  protocolErrorOf(error) === undefined;

/** Why no broker can be reached, in a word for the readiness document. */
export type Absence = 'access_refused' | 'tls_failed' | 'no_answer' | 'unreachable';

/** Of an error that {@link isAbsence}. */
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

/** kafkajs' types have no code. */
const codeOf = (error: Error): string => ('code' in error ? String(error.code) : '');

export interface Refusal {
  /** For the dead letter. */
  readonly reason: 'too_large' | 'invalid' | 'corrupt' | 'unsupported';
  /** So many times in a row, and it will not be taken the next time either. */
  readonly certainAfter: number;
}

// The gateway tries again after any other error, without an end: a missing right, a missing topic or replicas out of sync are no
// fault of an event.
const REFUSALS: Readonly<Record<string, Refusal>> = {
  MESSAGE_TOO_LARGE: { reason: 'too_large', certainAfter: 1 },
  RECORD_LIST_TOO_LARGE: { reason: 'too_large', certainAfter: 1 },
  INVALID_RECORD: { reason: 'invalid', certainAfter: 1 },
  INVALID_TIMESTAMP: { reason: 'invalid', certainAfter: 1 },
  // The bytes may have been damaged on their way.
  CORRUPT_MESSAGE: { reason: 'corrupt', certainAfter: 3 },
  UNSUPPORTED_FOR_MESSAGE_FORMAT: { reason: 'unsupported', certainAfter: 1 },
};

export const refusalReasons: readonly string[] = [
  ...new Set(Object.values(REFUSALS).map(({ reason }) => reason)),
];

/** The refusal, if Kafka refuses the sent event for good. */
export function refusalOf(error: unknown): Refusal | undefined {
  return REFUSALS[protocolErrorOf(error) ?? ''];
}

// Of these a retry mends nothing: somebody has deleted the topic, or made another under its name.
const NOT_THE_TOPIC: ReadonlySet<string | undefined> = new Set([
  'UNKNOWN_TOPIC_OR_PARTITION',
  'INVALID_PARTITIONS',
  'INVALID_TOPIC_EXCEPTION',
  // UNKNOWN_TOPIC_ID (100) and INCONSISTENT_TOPIC_ID (103) among them: kafkajs has no names for codes of newer brokers.
  'KAFKAJS_UNKNOWN_ERROR_CODE',
]);

/** Does this error put in doubt that the topic is the one that its writer knows? */
export const doubtsTopic = (error: unknown): boolean =>
  error instanceof Unconfirmed ||
  causeOf(error) instanceof kafkajs.KafkaJSMetadataNotLoaded ||
  NOT_THE_TOPIC.has(protocolErrorOf(error));
