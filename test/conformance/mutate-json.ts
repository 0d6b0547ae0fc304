/** Everything that may be wrong with one value of a JSON text: the text written again, once for each. */
import type { Mutation } from './mutation.ts';

const MESSAGE = '"Hệ thống đang bảo trì"';

/** One member of an object, or item of an array, as it is written. `name` is JSON; '' in arrays. */
type Entry = readonly [name: string, text: string];
/** What is written in the place of an entry. */
type Edit = (entry: Entry, value: unknown) => readonly Entry[];

const edits: Readonly<Record<string, Edit>> = {
  delete: () => [],
  rename: ([name, text]) => [[name && `${name.slice(0, -1)}_MOI"`, text]],
  'other case': ([name, text]) => [[swapCase(name), text]],
  null: ([name]) => [[name, 'null']],
  'empty text': ([name]) => [[name, '""']],
  blank: ([name]) => [[name, '" "']],
  'a message': ([name]) => [[name, MESSAGE]],
  zero: ([name]) => [[name, '0']],
  minus: ([name]) => [[name, '-1']],
  false: ([name]) => [[name, 'false']],
  'an empty list': ([name]) => [[name, '[]']],
  'an empty object': ([name]) => [[name, '{}']],
  wrapped: ([name, text]) => [[name, `[${text}]`]],
  'as a text': ([name, text], value) => [
    [name, JSON.stringify(typeof value === 'string' ? Number(value) : text)],
  ],
  twice: (entry) => [entry, entry],
  'twice, and empty': (entry) => [entry, [entry[0], 'null']],
  'a message beside': (entry) => [entry, [entry[0] && '"thongBao"', MESSAGE]],
};

/** @param body JSON: an object */
export function mutateJson(body: string): Mutation[] {
  const root: unknown = JSON.parse(body);
  const mutations: Mutation[] = [];
  for (const path of pathsOf(root)) {
    for (const [what, edit] of Object.entries(edits)) {
      mutations.push({ what: `${what}: ${path.join('.')}`, body: () => write(root, path, edit) });
    }
  }
  return mutations;
}

/** Two texts are the same when they say the same. */
export function canonicalJson(body: string): string {
  return JSON.stringify(JSON.parse(body), (_, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
      : value,
  );
}

function pathsOf(value: unknown): string[][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => [
    [name],
    ...pathsOf(inner).map((path) => [name, ...path]),
  ]);
}

function write(value: unknown, [at, ...path]: readonly string[], edit: Edit): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const isList = Array.isArray(value);
  const entries = Object.entries(value).flatMap(([name, inner]): readonly Entry[] => {
    const here = name === at;
    const entry: Entry = [
      isList ? '' : JSON.stringify(name),
      write(inner, here && path.length > 0 ? path : [], edit),
    ];
    return here && path.length === 0 ? edit(entry, inner) : [entry];
  });
  const written = entries.map(([name, text]) => (isList ? text : `${name}:${text}`)).join(',');
  return isList ? `[${written}]` : `{${written}}`;
}

function swapCase(name: string): string {
  return name.replace(/\p{L}/gu, (letter) =>
    letter === letter.toUpperCase() ? letter.toLowerCase() : letter.toUpperCase(),
  );
}
