/** Follows by the feed: page after page, each applied with its cursor. */
import { setTimeout as wait } from 'node:timers/promises';
import type { check } from './check.ts';
import { StartAgain } from './gateway.ts';
import type { Row } from './row.ts';
import type { Copying } from './snapshot.ts';

interface Page {
  readonly data: readonly {
    readonly type: string;
    readonly subject: string;
    readonly sequence: string;
    readonly data: { readonly version: number; readonly state?: unknown };
  }[];
  readonly meta: { readonly next: string; readonly hasMore: boolean };
}

const ASK_EVERY = 1000;

/** Reads on until stopped. @throws StartAgain */
export async function followFeed(
  copying: Copying,
  checkEvery: number,
  checkCopy: typeof check,
): Promise<void> {
  const { signal } = copying;
  let checkAt = Date.now();
  while (!signal.aborted) {
    await catchUp(copying);
    if (Date.now() >= checkAt) {
      await checkCopy(copying, () => catchUp(copying));
      checkAt = Date.now() + checkEvery;
    }
    await wait(ASK_EVERY, undefined, { signal });
  }
}

/** Applies everything that there is. @returns the subjects that changed */
async function catchUp({ registry, entity, gateway, table, signal }: Copying): Promise<Set<string>> {
  const changed = new Set<string>();
  const type = `vn.lienthong.${registry}.${entity}.`;
  for (;;) {
    const { feedAfter, sequence } = (await table.progress())!;
    const response = await gateway.get(`/v1/changes/${registry}?limit=500&after=${feedAfter}`, signal);
    const { data, meta } = (await response.json()) as Page;
    for (const [index, event] of data.entries()) {
      // The numbers of one chain of cursors have no gaps, over all entities.
      if (Number(event.sequence) !== sequence + index + 1) throw new StartAgain('gap');
    }
    const rows = data
      .filter((event) => event.type.startsWith(type))
      .map(({ subject, data: { version, state } }): Row => ({ subject, version, state }));
    await table.applyPage(rows, meta.next, sequence + data.length);
    for (const { subject } of rows) changed.add(subject);
    if (!meta.hasMore) return changed;
  }
}
