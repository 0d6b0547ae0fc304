/** Starts the copy: the snapshot's rows, a piece and its `next` in one transaction. */
import type { Gateway, Log } from './gateway.ts';
import type { Row } from './row.ts';
import type { Progress, Start, Table } from './table.ts';

export interface Copying {
  readonly client: string;
  readonly from: 'kafka' | 'feed';
  readonly registry: string;
  readonly entity: string;
  readonly gateway: Gateway;
  readonly table: Table;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** What a line may be. */
export interface Line extends Partial<Row> {
  readonly start?: Start;
  readonly next?: string;
  readonly end?: { readonly rows: number };
  readonly stopped?: { readonly reason: string };
}

/** The lines of a snapshot, as far as they come. */
export async function* linesOf(
  { registry, entity, gateway, signal }: Copying,
  query: Readonly<Record<string, string>>,
): AsyncGenerator<Line> {
  const search = new URLSearchParams(query);
  const response = await gateway.get(`/v1/${registry}/snapshot/${entity}?${search}`, signal);
  let rest = '';
  for await (const text of response.body!.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split('\n');
    // A line that is cut off is never whole: it is left out.
    rest = lines.pop()!;
    for (const line of lines) yield JSON.parse(line);
  }
}

/** Goes on where it was cut, as often as needed: a token ends, a replica stops. */
export async function takeSnapshot(copying: Copying, progress: Progress | undefined): Promise<void> {
  const { client, from, table, log, signal } = copying;
  let next = progress?.snapshotNext ?? undefined;
  for (let done = false; !done; ) {
    signal.throwIfAborted();
    let rows: Row[] = [];
    try {
      for await (const line of linesOf(copying, next === undefined ? {} : { after: next })) {
        if (line.start && next === undefined) await table.beginSnapshot(client, line.start, from);
        else if (line.subject !== undefined) rows.push(line as Row);
        else if (line.next !== undefined || line.end) {
          await table.applyListed(rows, line.next);
          next = line.next;
          rows = [];
          if (line.end) log('snapshot', line.end);
          done = line.end !== undefined;
        } else if (line.stopped) log('snapshot-stopped', line.stopped);
      }
    } catch (error) {
      // fetch's word for a connection that was lost; what was committed stays.
      if (!(error instanceof TypeError)) throw error;
      log('snapshot-cut', { why: String(error) });
    }
  }
}
