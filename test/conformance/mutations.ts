/** Answers that a registry, or what stands before it, might send in the place of a good one. */
import type { Reply } from '../adapters/support/server.ts';
import { canonicalJson, mutateJson } from './mutate-json.ts';
import { canonicalXml, mutateXml } from './mutate-xml.ts';
import type { Mutation } from './mutation.ts';

const MESSAGE = 'Hệ thống đang bảo trì';
const PAGE = `<html><head><title>${MESSAGE}</title></head><body>${MESSAGE}</body></html>`;
/** Places at which a text is cut off, and at which something is put into it. */
const CUTS = 40;

const statuses = [201, 202, 203, 204, 206, 302, 400, 401, 403, 404, 405, 409, 410, 422, 429, 500, 502, 503];
const types = ['text/html', 'text/plain; charset=utf-8', 'application/json', 'text/xml', 'application/x-x'];
const bodies = ['', ' ', 'null', '[]', '{}', '""', `"${MESSAGE}"`, MESSAGE, PAGE, '<a/>', 'OK'];

/** What an answer may become, and how; it is written when it is asked for. */
export type MutatedReply = readonly [what: string, reply: () => Reply];

/** Each answer in which one thing is not as in `reply`. */
export function mutationsOf(reply: Reply): MutatedReply[] {
  const { body = '', headers = {} } = reply;
  const mutations = [...mutateNodes(body), ...mutateText(body)];
  return [
    ...mutations.map(({ what, body }): MutatedReply => [what, () => ({ ...reply, body: body() })]),
    ...statuses.flatMap((status): MutatedReply[] => [
      [`status ${status}`, () => ({ ...reply, status })],
      [`status ${status}, a page`, () => ({ status, body: PAGE })],
      [`status ${status}, nothing`, () => ({ status })],
    ]),
    ...types.map(
      (type): MutatedReply => [type, () => ({ ...reply, headers: { ...headers, 'content-type': type } })],
    ),
    ...bodies.map((body): MutatedReply => [`body ${body}`, () => ({ ...reply, body })]),
  ];
}

/** Does an answer say the same as one of others? */
export function isOneOf({ status = 200, body = '' }: Reply, others: readonly Reply[]): boolean {
  const said = canonical(body);
  return others.some((other) => (other.status ?? 200) === status && canonical(other.body ?? '') === said);
}

function mutateNodes(body: string): Mutation[] {
  try {
    return isXml(body) ? mutateXml(body) : mutateJson(body);
  } catch {
    // Something was broken already.
    return [];
  }
}

function mutateText(body: string): Mutation[] {
  const places = Array.from({ length: CUTS }, (_, n) => Math.floor((n * body.length) / CUTS));
  return places.flatMap((at) => {
    const [before, after] = [body.slice(0, at), body.slice(at)];
    return [
      { what: `cut off at ${at}`, body: () => before },
      { what: `without its first ${at}`, body: () => after },
      { what: `a message at ${at}`, body: () => before + MESSAGE + after },
      { what: `a digit at ${at}`, body: () => `${before}0${after}` },
      { what: `a character less at ${at}`, body: () => before + after.slice(1) },
    ];
  });
}

function canonical(body: string): string {
  try {
    return isXml(body) ? canonicalXml(body) : canonicalJson(body);
  } catch {
    return body;
  }
}

function isXml(body: string): boolean {
  return body.trimStart().startsWith('<');
}
