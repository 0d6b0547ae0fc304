/**
 * What goes wrong, in two tracks at once: brokers are killed and leaders of partitions moved; meanwhile the relay's
 * leader is killed, or stopped for longer than its lease, and PostgreSQL is restarted. Every choice comes from the seed.
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { KafkaCluster } from '../../../deploy/sandbox/kafka/kafka-server.ts';
import type { PostgresServer } from '../../../deploy/sandbox/postgres/postgres.ts';
import { type Random, randomFrom } from '../../../deploy/sandbox/registries/random.ts';
import type { Catalogue } from './catalogue.ts';
import { moveLeaders, untilInSync } from './leaders.ts';
import type { Plan } from './plan.ts';
import type { Replica } from './replicas.ts';
import { shuffled } from './shuffled.ts';

export interface Scene {
  readonly kafka: KafkaCluster;
  readonly postgres: PostgresServer;
  readonly replicas: readonly Replica[];
  readonly catalogue: Pick<Catalogue, 'amend'>;
  readonly topics: readonly string[];
  readonly plan: Plan;
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
}

export interface Suffered {
  /** Of all that is to be suffered, from 0 to 1. */
  progress: number;
  /** Milliseconds from each death of a leader until another replica led. */
  readonly takeovers: number[];
  brokersKilled: number;
  leadersMoved: number;
  relayKills: number;
  relayPauses: number;
  postgresRestarts: number;
  leadersReplaced: number;
  cataloguesSwapped: number;
}

/** A leader is followed within 5 seconds; here the machine may be slow. */
const LEADER_WITHIN = 60_000;
const IN_SYNC_WITHIN = 90_000;

/** Lets all of it happen. @throws Error when somebody does not come back */
export async function sufferFaults(scene: Scene, suffered: Suffered): Promise<void> {
  await Promise.all([troubleKafka(scene, suffered), troubleGateway(scene, suffered)]);
}

/** Nothing yet. */
export function unhurt(): Suffered {
  return {
    ...{ progress: 0, takeovers: [], brokersKilled: 0, leadersMoved: 0, relayKills: 0, relayPauses: 0 },
    ...{ postgresRestarts: 0, leadersReplaced: 0, cataloguesSwapped: 0 },
  };
}

async function troubleKafka(scene: Scene, suffered: Suffered): Promise<void> {
  const { kafka, topics, plan, signal, log } = scene;
  const random = randomFrom(scene.seed + 101);
  const order = shuffled([0, 1, 2], random).slice(0, plan.brokersKilled);
  for (const [turn, broker] of order.entries()) {
    await pause(random.between(200, plan.calm), signal);
    if (signal.aborted) return;
    log(`broker ${broker + 1} is killed`);
    await kafka.killBroker(broker);
    suffered.brokersKilled += 1;
    await pause(random.between(plan.brokerAway / 2, plan.brokerAway), signal);
    await kafka.startBroker(broker);
    const inSync = await untilInSync(
      kafka.brokers,
      topics,
      AbortSignal.any([signal, AbortSignal.timeout(IN_SYNC_WITHIN)]),
    );
    log(`broker ${broker + 1} is back${inSync ? ', all replicas in sync' : ''}`);
    if (!inSync)
      throw new Error(
        `replicas were not in sync within ${IN_SYNC_WITHIN} ms after broker ${broker + 1} came back`,
      );
    suffered.progress += 0.5 / order.length;
    if (turn >= plan.leaderMoves || signal.aborted) continue;
    const moved = await moveLeaders(kafka.brokers, topics);
    suffered.leadersMoved += moved;
    log(`the leaders of ${moved} partitions were moved`);
  }
}

type Trouble = (scene: Scene, suffered: Suffered, random: Random) => Promise<void>;

async function troubleGateway(scene: Scene, suffered: Suffered): Promise<void> {
  const { plan, signal } = scene;
  const random = randomFrom(scene.seed + 202);
  const troubles: Trouble[] = [
    ...Array<Trouble>(plan.relayKills).fill(killLeader),
    ...(plan.relayPause > 0 ? [pauseLeader] : []),
    ...Array<Trouble>(plan.postgresRestarts).fill(restartPostgres),
    ...Array<Trouble>(plan.leadersReplaced).fill(replaceLeader),
    ...Array<Trouble>(plan.cataloguesSwapped).fill(swapCatalogue),
  ];
  for (const trouble of shuffled(troubles, random)) {
    await pause(random.between(100, plan.calm), signal);
    if (signal.aborted) return;
    await trouble(scene, suffered, random);
    suffered.progress += 0.5 / troubles.length;
  }
}

async function killLeader(scene: Scene, suffered: Suffered): Promise<void> {
  const leader = await leaderOf(scene);
  scene.log(`the relay's leader, ${leader.name}, is killed`);
  await leader.kill();
  const died = performance.now();
  suffered.relayKills += 1;
  const back = leader.start();
  back.catch(() => {});
  const next = await leaderOf(scene);
  suffered.takeovers.push(performance.now() - died);
  scene.log(`${next.name} leads, ${Math.round(performance.now() - died)} ms later`);
  await back;
}

async function pauseLeader(scene: Scene, suffered: Suffered): Promise<void> {
  const { plan, log, signal } = scene;
  const leader = await leaderOf(scene);
  log(`the relay's leader, ${leader.name}, is stopped for ${plan.relayPause} ms`);
  leader.pause();
  const stopped = performance.now();
  try {
    suffered.relayPauses += 1;
    const next = await leaderOf(scene, leader);
    suffered.takeovers.push(performance.now() - stopped);
    log(`${next.name} leads, ${Math.round(performance.now() - stopped)} ms later`);
    await pause(plan.relayPause - (performance.now() - stopped), signal);
  } finally {
    leader.goOn();
    log(`${leader.name} goes on`);
  }
  // It has to notice by itself that it leads no longer.
  const deadline = Date.now() + LEADER_WITHIN;
  while ((await leader.leads()) !== false) {
    if (Date.now() > deadline) throw new Error(`${leader.name} still says that it leads`);
    await pause(100, signal);
  }
}

/** In good order, or as a crash ends it; it then recovers from its log. */
async function restartPostgres(scene: Scene, suffered: Suffered, random: Random): Promise<void> {
  const { postgres, signal, log } = scene;
  const crash = random.chance(50);
  log(crash ? 'PostgreSQL crashes' : 'PostgreSQL is stopped');
  await (crash ? postgres.kill() : postgres.halt());
  await pause(random.between(0, 1500), signal);
  await postgres.start();
  log('PostgreSQL is started again');
  suffered.postgresRestarts += 1;
  await leaderOf(scene);
}

/** As a new version is rolled out: the leader ends in good order and gives its lease up. */
async function replaceLeader(scene: Scene, suffered: Suffered): Promise<void> {
  const leader = await leaderOf(scene);
  scene.log(`the relay's leader, ${leader.name}, is replaced`);
  await leader.stop();
  await leader.start();
  suffered.leadersReplaced += 1;
}

/** Nobody is granted anything else; but all is compiled anew, and the relay begins anew with it. */
async function swapCatalogue(scene: Scene, suffered: Suffered): Promise<void> {
  scene.log('the catalogue is swapped');
  await scene.catalogue.amend();
  suffered.cataloguesSwapped += 1;
}

/** Waits until a replica reports that it leads. @returns this replica @throws Error when none does in time */
export async function leaderOf({ replicas, signal }: Scene, but?: Replica): Promise<Replica> {
  const deadline = Date.now() + LEADER_WITHIN;
  while (Date.now() < deadline && !signal.aborted) {
    for (const replica of replicas) if (replica !== but && (await replica.leads())) return replica;
    await wait(25);
  }
  throw new Error(`no replica led the relay within ${LEADER_WITHIN} ms`);
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms > 0) await wait(ms, undefined, { signal }).catch(() => {});
}
