/**
 * The `time` of an event: `occurredAt` in the form that every reader of CloudEvents accepts. The outbox keeps the provider's own
 * text, because its digest covers it; older changes may have forms that are refused today (`+07`, a space instead of the T, small
 * letters, second 60).
 */
import { readMoment } from '../../../adapters/values/rfc3339.ts';

const T = 'T'.charCodeAt(0);
const Z = 'Z'.charCodeAt(0);
const COLON = ':'.charCodeAt(0);
const SIX = '6'.charCodeAt(0);

/** @param occurredAt of the outbox */
export function eventTime(occurredAt: string): string {
  const { length } = occurredAt;
  const isSound =
    occurredAt.charCodeAt(10) === T &&
    occurredAt.charCodeAt(17) !== SIX &&
    (occurredAt.charCodeAt(length - 1) === Z || occurredAt.charCodeAt(length - 3) === COLON);
  if (isSound) return occurredAt;
  return readMoment(occurredAt.replace(/^(.{17})60/, (_, before) => `${before}59`)) ?? occurredAt;
}
