/**
 * Moves the leaders of partitions, as an operator's reassignment does: each leader is taken out of its partition's
 * replicas, so that another must lead, and is then given back as a follower.
 */
import { setTimeout as wait } from 'node:timers/promises';
import kafkajs, { type Admin } from 'kafkajs';

export interface Partition {
  readonly topic: string;
  readonly partition: number;
  readonly leader: number;
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
}

/** Runs `work` with an admin client of its own. A promise of kafkajs that hangs is not waited for. */
export async function withAdmin<T>(
  brokers: readonly string[],
  work: (admin: Admin) => Promise<T>,
  within = 15_000,
): Promise<T> {
  const kafka = new kafkajs.Kafka({
    clientId: 'fault-test',
    brokers: [...brokers],
    logLevel: kafkajs.logLevel.NOTHING,
    connectionTimeout: 2000,
    requestTimeout: 10_000,
    retry: { retries: 2 },
  });
  const admin = kafka.admin();
  const late = wait(within, undefined, { ref: false }).then(() => {
    throw new Error(`Kafka's administration did not answer within ${within} ms`);
  });
  try {
    return await Promise.race([admin.connect().then(() => work(admin)), late]);
  } finally {
    await Promise.race([admin.disconnect().catch(() => {}), wait(2000, undefined, { ref: false })]);
  }
}

export async function partitionsOf(admin: Admin, topics: readonly string[]): Promise<Partition[]> {
  const metadata = await admin.fetchTopicMetadata({ topics: [...topics] });
  return metadata.topics.flatMap(({ name, partitions }) =>
    partitions.map(({ partitionId, leader, replicas, isr }) => ({
      ...{ topic: name, partition: partitionId, leader, replicas, isr },
    })),
  );
}

/** Waits until every replica of the topics is in sync. @returns whether it came to that before `signal` aborted */
export async function untilInSync(
  brokers: readonly string[],
  topics: readonly string[],
  signal: AbortSignal,
): Promise<boolean> {
  while (!signal.aborted) {
    const partitions = await withAdmin(brokers, (admin) => partitionsOf(admin, topics)).catch(
      () => undefined,
    );
    if (partitions?.every(({ isr, replicas, leader }) => leader >= 0 && isr.length === replicas.length))
      return true;
    await wait(300);
  }
  return false;
}

/** @returns how many partitions have another leader than before */
export async function moveLeaders(brokers: readonly string[], topics: readonly string[]): Promise<number> {
  return withAdmin(
    brokers,
    async (admin) => {
      const before = await partitionsOf(admin, topics);
      const others = ({ replicas, leader }: Partition) => replicas.filter((replica) => replica !== leader);
      await assign(admin, before, others);
      const moved = await settled(
        admin,
        topics,
        (now, was) => now.leader !== was.leader && now.leader >= 0,
        before,
      );
      await assign(admin, before, (partition) => [...others(partition), partition.leader]);
      await settled(admin, topics, (now, was) => now.isr.length === was.replicas.length, before);
      return moved;
    },
    60_000,
  );
}

async function assign(
  admin: Admin,
  partitions: readonly Partition[],
  replicasOf: (partition: Partition) => number[],
): Promise<void> {
  const byTopic = Map.groupBy(partitions, ({ topic }) => topic);
  await admin.alterPartitionReassignments({
    topics: [...byTopic].map(([topic, own]) => ({
      topic,
      partitionAssignment: own.map((one) => ({ partition: one.partition, replicas: replicasOf(one) })),
    })),
  });
}

/** Waits, 20 seconds at most, until `is` holds for every partition. @returns for how many it does */
async function settled(
  admin: Admin,
  topics: readonly string[],
  is: (now: Partition, was: Partition) => boolean,
  before: readonly Partition[],
): Promise<number> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const now = await partitionsOf(admin, topics);
    const holds = before.filter((was) =>
      now.some((one) => one.topic === was.topic && one.partition === was.partition && is(one, was)),
    );
    if (holds.length === before.length || Date.now() > deadline) return holds.length;
    await wait(200);
  }
}
