import type { Fault } from './faults.ts';
import { type Reply, text } from './protocol.ts';

const SPOILS: readonly { when: (fault: Fault) => boolean; spoil: (reply: Reply, fault: Fault) => Reply }[] = [
  {
    when: (fault) => fault.recount !== undefined,
    spoil: (reply, fault) => ({ ...reply, body: recount(reply.body, fault.recount!) }),
  },
  { when: (fault) => fault.wrongSchema === true, spoil: (reply) => ({ ...reply, body: retype(reply) }) },
  {
    when: (fault) => fault.malformed === true,
    spoil: (reply) => ({ ...reply, body: breakSyntax(reply.body) }),
  },
  {
    when: (fault) => fault.status !== undefined,
    spoil: (_, fault) => text(fault.status!, 'The simulated registry has been set to fail.'),
  },
];

/** Spoils a good answer by a fault; `drop`, `truncate` and `oversize` affect its transmission only. */
export function spoil(reply: Reply, fault: Fault): Reply {
  return SPOILS.reduce((spoilt, step) => (step.when(fault) ? step.spoil(spoilt, fault) : spoilt), reply);
}

/** A list of the business registry's; anything else stays as it is. */
function recount(body: string, more: number): string {
  return body.replace(/"DataCount":(\d+)/, (_, count) => `"DataCount":${Number(count) + more}`);
}

function breakSyntax(body: string): string {
  return `${body.slice(0, Math.floor(body.length * 0.6))}<<{"`;
}

function retype(reply: Reply): string {
  return reply.type.startsWith('text/xml') ? retypeXml(reply.body) : retypeJson(reply.body);
}

/** XML contains text only: every text becomes one that is no number, no date and no code. */
function retypeXml(body: string): string {
  return body.replace(/>[^<>]+</g, '>?!<');
}

/** Top-level scalars stay: they are the envelope (`Status`, `tongSo`, `phienBan`). */
function retypeJson(body: string): string {
  const answer: unknown = JSON.parse(body);
  if (typeof answer !== 'object' || answer === null) return body;
  return JSON.stringify(
    Object.fromEntries(
      Object.entries(answer).map(([key, value]) => [
        key,
        typeof value === 'object' ? otherType(value) : value,
      ]),
    ),
  );
}

function otherType(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(otherType);
  if (typeof value !== 'object' || value === null)
    return typeof value === 'string' ? { sai: -1 } : 'sai kiểu';
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, otherType(inner)]));
}
