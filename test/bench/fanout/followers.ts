/** Who follows the changes: streams and webhooks of all agreements, by turns, as many under each. */
import { join } from 'node:path';
import { createClient, type TokenClient } from '../../../gateway/client/client.ts';
import type { Gateway } from '../contestants/gateway.ts';
import { startWorker } from '../processes.ts';
import type { FollowedAgreement } from './catalogue.ts';
import type { Followed, FollowJob, Received } from './job.ts';

const READERS = join(import.meta.dirname, 'readers.ts');
const RECEIVERS = join(import.meta.dirname, 'receivers.ts');

/** Streams or webhooks that are open. */
export interface Followers {
  /** Of each, by its index. */
  readonly agreements: readonly FollowedAgreement[];
  /** Waits until each has so many events, but no longer than `within` milliseconds. */
  finish(counts: readonly number[], within: number): Promise<readonly Received[]>;
}

interface Following {
  readonly agreement: FollowedAgreement;
  readonly client: TokenClient;
}

/** @returns who follows, for so many followers: agreement after agreement, system after system */
export function chooseFollowers(
  gateway: Gateway,
  agreements: readonly FollowedAgreement[],
  count: number,
): readonly Following[] {
  const systems = agreements[0]!.systems.flatMap((_, of) =>
    agreements.map((agreement) => {
      const { system, privateJwk } = agreement.systems[of]!;
      return { agreement, client: createClient({ issuer: gateway.url, clientId: system, privateJwk }) };
    }),
  );
  return Array.from({ length: count }, (_, index) => systems[index % systems.length]!);
}

/** @param stack ends what is started here */
export async function openStreams(
  gateway: Gateway,
  following: readonly Following[],
  stack: AsyncDisposableStack,
): Promise<Followers> {
  const worker = await startWorker<FollowJob, Followed>(READERS, 'others');
  stack.defer(() => worker.stop());
  const tokens = await Promise.all(following.map(({ client }) => client.token()));
  await worker.run({ kind: 'open', port: gateway.port, tokens });
  return followersOf(following, worker);
}

/** @param stack ends what is started here */
export async function openWebhooks(
  gateway: Gateway,
  following: readonly Following[],
  stack: AsyncDisposableStack,
): Promise<Followers> {
  const worker = await startWorker<FollowJob, Followed>(RECEIVERS, 'others');
  stack.defer(() => worker.stop());
  const opened = await worker.run({ kind: 'open', port: gateway.port, tokens: [] });
  if (opened.kind !== 'open') throw new Error('the receivers did not open');
  for (const [index, { client }] of following.entries()) {
    const url = `http://127.0.0.1:${opened.port}/${index}`;
    const answer = await client.send(`${gateway.url}/v1/subscriptions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ url, registry: 'business' }),
    });
    if (answer.status !== 201)
      throw new Error(`a subscription was answered ${answer.status}: ${await answer.text()}`);
    await answer.body?.cancel();
  }
  return followersOf(following, worker);
}

function followersOf(
  following: readonly Following[],
  worker: { run(job: FollowJob): Promise<Followed> },
): Followers {
  return {
    agreements: following.map(({ agreement }) => agreement),
    async finish(counts, within) {
      const finished = await worker.run({ kind: 'finish', counts, within });
      if (finished.kind !== 'finish') throw new Error('the followers did not finish');
      return finished.received;
    },
  };
}
