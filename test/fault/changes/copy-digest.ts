/**
 * The digest of a copy (docs/copies.md), by code of its own: of what a subscriber has made of its events, and as the
 * gateway computes it from the registry's listing. The two are equal when nothing was lost, ever.
 */
import { createHash } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { TokenClient } from '../../../gateway/client/client.ts';
import { sorted } from './oracle.ts';

const LARGEST_GROUP = 64;

interface Row {
  readonly subject: string;
  readonly hash: Buffer;
}

/** @param states the state of each subject that the copy has, by pseudonym */
export function digestOfCopy(states: ReadonlyMap<string, unknown>): string {
  const rows = [...states].map(([subject, state]) => ({
    subject,
    hash: sha256(Buffer.of(0), sorted({ state, subject })),
  }));
  rows.sort((a, b) => (a.subject < b.subject ? -1 : 1));
  return rangeOf(rows, 0).toString('hex');
}

function rangeOf(rows: readonly Row[], depth: number): Buffer {
  if (rows.length <= LARGEST_GROUP) return sha256(Buffer.of(1), ...rows.map(({ hash }) => hash));
  const parts = Map.groupBy(rows, ({ subject }) => subject[depth]!);
  return sha256(Buffer.of(2), ...[...parts].flatMap(([next, part]) => [next, rangeOf(part, depth + 1)]));
}

function sha256(...parts: readonly (Buffer | string)[]): Buffer {
  const sum = createHash('sha256');
  for (const part of parts) sum.update(part);
  return sum.digest();
}

/** The gateway's digest of what an agreement may see. @throws Error when there is none after a minute */
export async function digestOfRegistry(url: string, client: TokenClient): Promise<string> {
  const deadline = Date.now() + 60_000;
  let place = `${url}/v1/business/digest/enterprise`;
  let last = '';
  while (Date.now() < deadline) {
    const answer = await fetch(place, { headers: { authorization: `Bearer ${await client.token()}` } });
    last = await answer.text();
    if (answer.status === 200) {
      const { data } = JSON.parse(last) as { data: readonly { range: string; hash: string }[] };
      return data.find(({ range }) => range === '')!.hash;
    }
    place = answer.headers.get('location') ?? place;
    await wait(300);
  }
  throw new Error(`there is no digest: ${last.slice(0, 500)}`);
}
