/** Does an answer hold what a document says of it? A document may shorten, and says so with `…`. */

/** Differ from call to call. */
const VOLATILE = new Set(['requestId', 'asOf']);

const REST = /^… (?:and|và) (\d+) (?:more|nữa|trường nữa)$/;

/**
 * Where `actual` differs from what is claimed; empty: nowhere. A list may end with `"… and 38 more"`, which counts.
 */
export function differences(claimed: unknown, actual: unknown, at = ''): string[] {
  if (Array.isArray(claimed)) {
    if (!Array.isArray(actual)) return [`${at}: is no list`];
    const rest = REST.exec(String(claimed.at(-1)));
    const shown = rest ? claimed.slice(0, -1) : claimed;
    const length = shown.length + Number(rest?.[1] ?? 0);
    if (actual.length !== length) return [`${at}: has ${actual.length} items, not ${length}`];
    return shown.flatMap((item, index) => differences(item, actual[index], `${at}/${index}`));
  }
  if (!isObject(claimed)) return claimed === actual ? [] : [`${at}: is ${JSON.stringify(actual)}`];
  if (!isObject(actual)) return [`${at}: is no object`];
  const names = new Set([...Object.keys(claimed), ...Object.keys(actual)]);
  return [...names].flatMap((name) => {
    const there = name in claimed && name in actual;
    if (!there) return [`${at}/${name}: only in the ${name in claimed ? 'document' : 'answer'}`];
    return VOLATILE.has(name) ? [] : differences(claimed[name], actual[name], `${at}/${name}`);
  });
}

/** As {@link differences}, for what is new each time: names and kinds of values alone, and no more than is shown. */
export function differencesInShape(claimed: unknown, actual: unknown, at = ''): string[] {
  if (Array.isArray(claimed)) {
    if (!Array.isArray(actual)) return [`${at}: is no list`];
    const [first] = claimed;
    return first === undefined ? [] : actual.flatMap((item) => differencesInShape(first, item, `${at}/*`));
  }
  if (!isObject(claimed)) return typeof claimed === typeof actual ? [] : [`${at}: is ${typeof actual}`];
  if (!isObject(actual)) return [`${at}: is no object`];
  return Object.keys(claimed)
    .filter((name) => name !== '…')
    .flatMap((name) => differencesInShape(claimed[name], actual[name], `${at}/${name}`));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
