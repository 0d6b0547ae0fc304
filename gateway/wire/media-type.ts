/**
 * Chooses between two media types (RFC 9110, 12.5.1): the most specific range that matches a type gives its weight.
 * A caller that accepts neither gets the first one, the type of every other answer.
 */

/** The type of every answer that is neither a problem nor a stream. */
export const JSON_TYPE = 'application/json; charset=utf-8';

/** @returns `other` when `accept` weighs it higher than `usual` */
export function preferredType<U extends string, O extends string>(
  accept: string | undefined,
  usual: U,
  other: O,
): U | O {
  if (accept === undefined) return usual;
  const ranges = accept.slice(0, 1000).split(',').map(readRange);
  return weightOf(other, ranges) > weightOf(usual, ranges) ? other : usual;
}

interface Range {
  /** `text/event-stream`, `text/*` */
  readonly type: string;
  readonly weight: number;
}

function readRange(text: string): Range {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const q = parameters.find((parameter) => parameter.startsWith('q='));
  const weight = q === undefined ? 1 : Number(q.slice(2));
  return { type, weight: weight >= 0 && weight <= 1 ? weight : 0 };
}

function weightOf(type: string, ranges: readonly Range[]): number {
  for (const range of [type, `${type.split('/')[0]}/*`, '*/*']) {
    const found = ranges.find((one) => one.type === range);
    if (found) return found.weight;
  }
  return 0;
}
