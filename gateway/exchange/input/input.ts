/** The request of a call as its contract describes it: a JSON body, or path parameters and query as one object. */
import type { FastifyRequest } from 'fastify';
import type { Service } from '../../catalog/catalog.ts';
import { isList } from '../../catalog/fields/query-values.ts';
import { Problem, type Violation } from '../../problems/problem.ts';
import { checks } from '../../problems/sentences/checks.ts';
import type { Sentence } from '../../problems/sentences/sentence.ts';
import { safeName } from '../../problems/violations.ts';
import type { JsonBody } from '../../wire/json-body.ts';
import { parseInteger } from '../../wire/json-scalars.ts';
import { faultOf } from '../../wire/text-faults.ts';
import { MOST_RANGES, PREFIX } from '../schemas/copies.ts';
import { PAGE } from '../schemas/feed.ts';
import { AFTER, type CursorPlace } from './name-cursor.ts';

/** Control characters, which no identifier and no name has. */
const CONTROL = /\p{Cc}/u;

/** @returns the fault of a text in a query or a path; `undefined`: none that holds for every text */
function wrongWith(text: string): Sentence | undefined {
  return CONTROL.test(text) ? checks.controlCharacters : faultOf(text);
}

/** @returns the fault of a parameter that came more than once; the contract's schema refuses unknown ones */
function wrongWithSeveral(name: string, { requestFields }: Service): Sentence | undefined {
  const field = requestFields.properties.get(name);
  return field && !isList(field) ? checks.givenOnce : undefined;
}

/**
 * @throws Problem `contract_violation` when a query repeats a parameter, of the path too, or a text has control characters or
 *   is none
 */
export function requestOf(request: FastifyRequest, service: Service): unknown {
  if (service.method === 'POST') return (request.body as JsonBody | undefined)?.value;
  const path = request.params as Readonly<Record<string, string>>;
  const query = request.query as Readonly<Record<string, unknown>>;
  const texts = { ...query, ...path };
  const errors: Violation[] = [];
  for (const name in path) {
    if (name in query) errors.push({ parameter: name, ...checks.givenByPath });
  }
  for (const name in texts) {
    const text = texts[name];
    const fault = typeof text === 'string' ? wrongWith(text) : wrongWithSeveral(name, service);
    if (fault) errors.push({ parameter: safeName(name), ...fault });
  }
  if (errors.length > 0) throw new Problem('contract_violation', { errors });
  return service.readQuery(texts);
}

/** `partial` of a publication: may it be stored in part? @throws Problem `contract_violation` */
export function publicationQuery(request: FastifyRequest): { partial: boolean } {
  const { partial = 'false' } = texts(request, ['partial']);
  if (partial !== 'true' && partial !== 'false') throw wrong('partial', checks.trueOrFalse);
  return { partial: partial === 'true' };
}

/**
 * The cursor of a stream of events: the last event that the reader has received. A reader that reconnects sends it as `Last-Event-ID`,
 * which takes precedence over `after` in the address.
 * @returns the cursor, and the parameter or header that held it
 * @throws Problem `contract_violation`
 */
export function streamQuery(request: FastifyRequest): { after: string | undefined; source: CursorPlace } {
  const lastEventId = request.headers['last-event-id'];
  const { after } = feedQuery(request);
  if (Object.hasOwn(request.query as object, 'limit')) {
    throw wrong('limit', checks.ofPagesOnly);
  }
  return typeof lastEventId === 'string' && lastEventId !== ''
    ? { after: lastEventId, source: { header: 'last-event-id' } }
    : { after, source: AFTER };
}

const prefix = new RegExp(`^${PREFIX}$`);

/** `after` and `range` of a snapshot: `range=aB,c` is the rows whose subjects begin so. @throws Problem `contract_violation` */
export function snapshotQuery(request: FastifyRequest): {
  after: string | undefined;
  ranges: readonly string[];
} {
  const { after, range } = texts(request, ['after', 'range']);
  return { after, ranges: range === undefined ? [] : rangesOf(range) };
}

/** `at` and `range` of a digest; without a range, the whole. @throws Problem `contract_violation` */
export function digestQuery(request: FastifyRequest): { at: string | undefined; ranges: readonly string[] } {
  const { at, range } = texts(request, ['at', 'range']);
  if (at !== undefined && !/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/.test(at)) {
    throw wrong('at', checks.digestName);
  }
  return { at, ranges: range === undefined ? [''] : rangesOf(range) };
}

function rangesOf(text: string): readonly string[] {
  const ranges = [...new Set(text.split(','))];
  if (ranges.length > MOST_RANGES || !ranges.every((range) => prefix.test(range))) {
    throw wrong('range', checks.ranges(MOST_RANGES));
  }
  return ranges;
}

/**
 * Parameters, each given once at most.
 * @throws Problem `contract_violation`, also for one that is not among `names`, has control characters or is no text
 */
export function texts<const N extends string>(
  request: FastifyRequest,
  names: readonly N[],
): Readonly<Partial<Record<N, string>>> {
  const query = request.query as Readonly<Record<string, unknown>>;
  for (const [name, value] of Object.entries(query)) {
    if (!names.some((known) => known === name)) {
      throw wrong(safeName(name), checks.unknownParameter);
    }
    if (typeof value !== 'string') throw wrong(name, checks.givenOnce);
    const fault = wrongWith(value);
    if (fault) throw wrong(name, fault);
  }
  return query as Partial<Record<N, string>>;
}

/** The refusal of a parameter of the path or the query. */
export function wrong(parameter: string, sentence: Sentence): Problem {
  return new Problem('contract_violation', { errors: [{ parameter, ...sentence }] });
}

/** `after` and `limit` of the feed. @throws Problem `contract_violation` */
export function feedQuery(request: FastifyRequest): { after: string | undefined; limit: number } {
  const { after, limit, ...unknown } = request.query as Readonly<Record<string, unknown>>;
  const errors = Object.keys(unknown).map(
    (name): Violation => ({ parameter: safeName(name), ...checks.unknownParameter }),
  );
  const count =
    limit === undefined ? PAGE.default : typeof limit === 'string' ? parseInteger(limit) : undefined;
  if (Array.isArray(limit)) {
    errors.push({ parameter: 'limit', ...checks.givenOnce });
  } else if (count === undefined || count < PAGE.minimum || count > PAGE.maximum) {
    errors.push({ parameter: 'limit', ...checks.wholeNumber(PAGE.minimum, PAGE.maximum) });
  }
  if (Array.isArray(after)) errors.push({ parameter: 'after', ...checks.givenOnce });
  if (errors.length > 0) throw new Problem('contract_violation', { errors });
  return { after: after as string | undefined, limit: count ?? PAGE.default };
}
