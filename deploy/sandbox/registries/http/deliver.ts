import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as wait } from 'node:timers/promises';
import type { Fault } from './faults.ts';
import { type Reply, text } from './protocol.ts';
import { spoil } from './spoil.ts';

const PADDING = Buffer.alloc(65_536, ' ');

export function deliver(reply: Reply, response: ServerResponse): void {
  const body = Buffer.from(reply.body);
  response.writeHead(reply.status, {
    'content-type': reply.type,
    'content-length': body.length,
    ...reply.headers,
  });
  response.end(body);
}

/** Sends a reply the way a fault says. */
export async function deliverFaulty(reply: Reply, fault: Fault, response: ServerResponse): Promise<void> {
  if (fault.delayMs !== undefined) await wait(fault.delayMs, undefined, { ref: false });
  if (response.destroyed) return;
  if (fault.drop) {
    response.socket?.destroy();
    return;
  }
  const spoilt = spoil(reply, fault);
  if (fault.truncate) truncate(spoilt, response);
  else if (fault.oversize !== undefined) await pad(spoilt, fault.oversize, response);
  else deliver(spoilt, response);
}

/** As `deliverFaulty`, but the fault strikes first: when nothing is left to answer well, the registry does not act. */
export async function failFirst(act: () => Reply, fault: Fault, response: ServerResponse): Promise<void> {
  const { delayMs, drop, status, ...rest } = fault;
  if (delayMs !== undefined) await wait(delayMs, undefined, { ref: false });
  if (response.destroyed || drop) {
    response.socket?.destroy();
    return;
  }
  const reply = status === undefined ? act() : text(status, 'The simulated registry has been set to fail.');
  await deliverFaulty(reply, rest, response);
}

function truncate(reply: Reply, response: ServerResponse): void {
  const body = Buffer.from(reply.body);
  response.writeHead(reply.status, { 'content-type': reply.type, 'content-length': body.length });
  response.write(body.subarray(0, Math.floor(body.length / 2)), () => response.socket?.destroy());
}

/** White space after the document is valid JSON and XML: only a limit on the size keeps a client from reading it. */
async function pad(reply: Reply, bytes: number, response: ServerResponse): Promise<void> {
  const body = Buffer.from(reply.body);
  response.writeHead(reply.status, { 'content-type': reply.type });
  const pieces = function* () {
    yield body;
    for (let left = bytes - body.length; left > 0; left -= PADDING.length) yield PADDING.subarray(0, left);
  };
  // The client is expected to hang up.
  await pipeline(Readable.from(pieces()), response).catch(() => {});
}
