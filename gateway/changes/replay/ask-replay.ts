/** An operator asks for a replay of some subscribers, from some point on. All replays are planned before any is stored. */
import { randomUUIDv7 } from 'node:crypto';
import { decidedBy, deliveredUnder } from '../../circumstances/recorded-circumstances.ts';
import type { EvidenceEntry } from '../../evidence/evidence.ts';
import { Problem } from '../../problems/problem.ts';
import { checks } from '../../problems/sentences/checks.ts';
import type { Sentence } from '../../problems/sentences/sentence.ts';
import { storeAbsence } from '../../problems/store-unavailable.ts';
import type { Pool } from '../../store/pool.ts';
import type { Outbox } from '../outbox/outbox.ts';
import { createBatchRenderer } from '../relay/batch.ts';
import type { Decision, NewReplay, Replay, Replays } from '../relay/replay.ts';
import type { ChangeSink } from '../relay/sink.ts';
import type { Subscriber } from '../relay/subscriber.ts';
import { planReplay, type ReplayFrom } from './plan-replay.ts';

/** One subscription; or the topics and subscriptions of an agreement that match the other members. */
export type ReplaySelection =
  | { readonly subscription: string }
  | {
      readonly agreement: string;
      readonly registry?: string | undefined;
      readonly entity?: string | undefined;
      /** A sink's name. */
      readonly sink?: string | undefined;
    };

export interface ReplayQuestion {
  readonly selection: ReplaySelection;
  readonly from: ReplayFrom;
  readonly decision: Decision;
  /** The operator's request and name, for the evidence. */
  readonly request: Buffer;
  readonly operator: string;
}

/**
 * @returns the replays that the leader will perform; empty: nothing was sent since then
 * @throws Problem `contract_violation` when nobody is selected, or a number was given for several;
 *   `replay_out_of_reach`, `evidence_unavailable`, `store_unavailable`
 */
export type AskReplay = (question: ReplayQuestion) => Promise<Replay[]>;

export interface AskReplayParts {
  readonly pool: Pool;
  readonly sinks: readonly ChangeSink[];
  readonly outboxes: ReadonlyMap<string, Outbox>;
  readonly replays: Pick<Replays, 'request'>;
}

interface Selected {
  readonly sink: ChangeSink;
  readonly subscriber: Subscriber;
}

export function createAskReplay({ pool, sinks, outboxes, replays }: AskReplayParts): AskReplay {
  async function select(selection: ReplaySelection): Promise<Selected[]> {
    const selected: Selected[] = [];
    for (const sink of sinks) {
      for (const subscriber of await sink.subscribers()) {
        if (fits(sink, subscriber, selection)) selected.push({ sink, subscriber });
      }
    }
    return selected;
  }

  async function plan({ sink, subscriber }: Selected, from: ReplayFrom): Promise<NewReplay | undefined> {
    const cursor = await sink.cursors.read(subscriber.key);
    const outbox = outboxes.get(subscriber.registry);
    if (!cursor || !outbox) return undefined;
    const render = createBatchRenderer(subscriber.grants, sink.rendererOf);
    const back = await planReplay({ pool, outbox, sink: sink.name, subscriber, cursor, render }, from);
    return back && { sink: sink.name, subscriber: subscriber.key, back };
  }

  return async ({ selection, from, decision, ...asked }) => {
    try {
      const selected = await select(selection);
      if (selected.length === 0) {
        throw wrong('subscription' in selection ? '/subscription' : '/agreement', checks.selectsNobody);
      }
      if ('sequence' in from && selected.length > 1) {
        throw wrong('/from/sequence', checks.sequenceOfSeveral);
      }
      const planned: NewReplay[] = [];
      const evidence: EvidenceEntry[] = [];
      for (const one of selected) {
        const replay = await plan(one, from);
        if (!replay) continue;
        planned.push(replay);
        evidence.push(entryOf(one.subscriber, from, asked));
      }
      return planned.length > 0 ? await replays.request(planned, decision, evidence) : [];
    } catch (error) {
      throw storeAbsence(error);
    }
  };
}

function fits({ name }: ChangeSink, subscriber: Subscriber, selection: ReplaySelection): boolean {
  // The id of a subscription is its key, and no other sink has such keys.
  if ('subscription' in selection) return subscriber.key === selection.subscription;
  const { agreement, registry, entity } = selection;
  return (
    subscriber.agreement.number === agreement &&
    (registry === undefined || subscriber.registry === registry) &&
    (entity === undefined || subscriber.grants.every((grant) => grant.entity.name === entity)) &&
    (selection.sink === undefined || name === selection.sink)
  );
}

/** The entry of evidence, with the subscriber as the party and the operator as the officer who decided. */
function entryOf(
  { agreement, system, agency, grants }: Subscriber,
  from: ReplayFrom,
  { request, operator }: Pick<ReplayQuestion, 'request' | 'operator'>,
): EvidenceEntry {
  return {
    ...{ requestId: randomUUIDv7(), kind: 'replay', agency, system, agreement: agreement.number },
    ...{ keyThumbprint: undefined, tokenId: undefined, legalBasis: agreement.legalBasis },
    ...{ ...deliveredUnder(agreement), ...decidedBy(operator) },
    ...{ service: grants[0]!.stream.name, subjects: [], fields: undefined, status: 202, code: undefined },
    ...{ reason: reasons[startOf(from)], request, response: undefined },
  };
}

/** The `reason` in evidence, by the start of the replay. */
const reasons = {
  sequence: 'from_sequence',
  time: 'from_time',
  deadLetters: 'from_dead_letters',
  everything: 'from_oldest',
} as const;

const startOf = (from: ReplayFrom) => Object.keys(from)[0] as keyof typeof reasons;

function wrong(pointer: string, sentence: Sentence): Problem {
  return new Problem('contract_violation', { errors: [{ pointer, ...sentence }] });
}
