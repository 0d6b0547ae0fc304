/**
 * (a) to (d): look-ups through the gateway, beside a pass-through on the same parts and beside nginx.
 *
 * The contestants take turns, so that what disturbs the machine disturbs all of them; a ratio is taken within each turn
 * and its median counts. Afterwards evidence, metrics and log are held against the number of answers.
 */
import { join } from 'node:path';
import { freePort } from '../../deploy/sandbox/free-port.ts';
import { CONSUMER } from './catalogue.ts';
import type { Contestant } from './contestants/contestant.ts';
import {
  enterpriseLookup,
  gatewayContestant,
  personLookup,
  type ServiceUnderLoad,
  startGateway,
} from './contestants/gateway.ts';
import { nginxIsInstalled, startNginx } from './contestants/nginx.ts';
import { ENTERPRISE_PATH, upstreamContestant } from './contestants/upstream.ts';
import type { LoadJob, LoadResult } from './load/job.ts';
import { type LoadGenerator, loadRound, type Round } from './load/load.ts';
import type { Options } from './options.ts';
import { launch, startWorker, untilAnswers } from './processes.ts';
import { enterpriseCodes } from './records/enterprise.ts';
import type { Report } from './report.ts';
import { median, medianOf } from './statistics.ts';
import { figure, megabytes, percent } from './table.ts';
import { verify } from './verify.ts';
import { RECORDS, UPSTREAM_CONNECTIONS, type World } from './world.ts';

const GENERATOR = join(import.meta.dirname, 'load', 'generator.ts');
const PASS_THROUGH = join(import.meta.dirname, 'contestants', 'pass-through.ts');

/** Seconds for which the upstream is asked without anybody between. */
const SECONDS_ALONE = 2;

/** A round in which others took more than this share of the contestant's core is run again, while there is time. */
const DISTURBED = 0.1;

interface Entry {
  readonly letter: 'a' | 'b' | 'c' | 'd';
  readonly contestant: Contestant;
  /** Of the gateway's services: its key. */
  readonly service?: string;
  readonly rounds: Round[];
  /** In all rounds and the warm-up. */
  answers: number;
}

/** @param stack ends what is started here */
export async function measureLookups(
  world: World,
  options: Options,
  stack: AsyncDisposableStack,
): Promise<Report> {
  const { directory, catalogue, upstream } = world;
  const generator: LoadGenerator = await startWorker<LoadJob, LoadResult>(GENERATOR, 'others');
  stack.defer(() => generator.stop());
  const databaseUrl = await world.freshDatabase('lookups');
  const gateway = await startGateway({
    catalogue,
    databaseUrl,
    directory,
    upstreamPort: upstream.port,
    upstreamConnections: UPSTREAM_CONNECTIONS,
    profile: options.profile,
  });
  stack.defer(() => gateway.stop());

  const enter = (letter: Entry['letter'], contestant: Contestant, service?: string): Entry => ({
    letter,
    contestant,
    service,
    rounds: [],
    answers: 0,
  });
  const ofGateway = (letter: Entry['letter'], under: ServiceUnderLoad): Entry =>
    enter(letter, gatewayContestant(gateway, under, catalogue.privateKeys[CONSUMER]), under.service);
  const entries: Entry[] = [];
  if (options.subjects.has('lookup')) {
    entries.push(ofGateway('a', enterpriseLookup(RECORDS)));
    entries.push(enter('b', await startPassThrough(world, stack)));
    const nginx = await startProxy(world, stack);
    if (nginx) entries.push(enter('c', nginx));
  }
  if (options.subjects.has('population')) entries.push(ofGateway('d', personLookup(RECORDS)));

  for (const entry of entries) {
    entry.answers += (await loadRound(generator, entry.contestant, options.warmUp)).answers;
  }
  const alone = upstreamContestant('upstream, nobody between', upstream, RECORDS);
  await loadRound(generator, alone, 1);
  const ceiling = await loadRound(generator, alone, SECONDS_ALONE);
  const measure = async (entry: Entry) => {
    const round = await loadRound(generator, entry.contestant, options.seconds);
    entry.answers += round.answers;
    return round;
  };
  let repeats = options.repeats;
  for (let turn = 0; turn < options.rounds; turn++) {
    for (const entry of entries) {
      let round = await measure(entry);
      while ((round.disturbed ?? 0) > DISTURBED && repeats > 0) {
        repeats--;
        const again = await measure(entry);
        if ((again.disturbed ?? 0) < (round.disturbed ?? 0)) round = again;
      }
      entry.rounds.push(round);
    }
  }

  const answers = new Map(
    entries.flatMap(({ service, answers }) => (service ? [[service, answers] as const] : [])),
  );
  await verify(gateway, databaseUrl, answers);
  return report(entries, alone.name, ceiling, answers);
}

async function startPassThrough(world: World, stack: AsyncDisposableStack): Promise<Contestant> {
  const { upstream } = world;
  const port = await freePort();
  const process_ = await launch(
    process.execPath,
    [PASS_THROUGH, String(port), `http://127.0.0.1:${upstream.port}`, String(UPSTREAM_CONNECTIONS)],
    { place: 'measured', stdio: ['ignore', 'inherit', 'inherit'] },
  );
  stack.defer(() => process_.stop());
  await untilAnswers(`http://127.0.0.1:${port}${ENTERPRISE_PATH}${enterpriseCodes(1)[0]}`, process_);
  return upstreamContestant('Fastify + undici pass-through', { pid: process_.pid, port }, RECORDS);
}

async function startProxy(world: World, stack: AsyncDisposableStack): Promise<Contestant | undefined> {
  if (!nginxIsInstalled()) return undefined;
  const { upstream, directory } = world;
  const port = await freePort();
  const nginx = await startNginx({
    port,
    upstreamPort: upstream.port,
    connections: UPSTREAM_CONNECTIONS,
    directory,
  });
  stack.defer(() => nginx.stop());
  await untilAnswers(`http://127.0.0.1:${port}${ENTERPRISE_PATH}${enterpriseCodes(1)[0]}`, nginx);
  return upstreamContestant('nginx reverse proxy', { pid: nginx.pid, port }, RECORDS);
}

function report(
  entries: readonly Entry[],
  aloneName: string,
  ceiling: Round,
  answers: ReadonlyMap<string, number>,
): Report {
  const find = (letter: Entry['letter']) => entries.find((entry) => entry.letter === letter);
  const row = (name: string, rounds: readonly Round[]) => [
    name,
    figure(medianOf(rounds, (round) => round.perSecond)),
    figure(
      medianOf(rounds, (round) => round.p50),
      1,
    ),
    figure(
      medianOf(rounds, (round) => round.p99),
      1,
    ),
    figure(medianOf(rounds, (round) => round.cpuMicros)),
    percent(medianOf(rounds, (round) => round.busy)),
    megabytes(rounds.at(-1)?.residentBytes),
    megabytes(rounds.at(-1)?.peakBytes),
  ];
  const rows = entries.map(({ letter, contestant, rounds }) => row(`${letter}  ${contestant.name}`, rounds));
  if (find('a') && !find('c')) rows.splice(2, 0, ['c  nginx: not installed', ...Array<string>(7).fill('—')]);
  rows.push(row(`   ${aloneName}`, [ceiling]));

  const [a, b, c] = [find('a'), find('b'), find('c')];
  const overB = ratio(a, b, (round) => round.perSecond);
  const overC = ratio(a, c, (round) => round.perSecond);
  const resident = entries
    .filter(({ service }) => service !== undefined)
    .at(-1)
    ?.rounds.at(-1)?.peakBytes;
  return {
    tables: [
      {
        title: 'Look-ups, 64 connections',
        head: ['', 'requests/s', 'p50 ms', 'p99 ms', 'CPU µs/request', 'busy', 'memory MB', 'peak MB'],
        rows,
      },
    ],
    notes: [
      ...(a
        ? [
            `a/b ${figure(overB, 2)} (by CPU ${figure(
              ratio(b, a, (round) => round.cpuMicros),
              2,
            )}), ` +
              `a/c ${figure(overC, 2)} (by CPU ${figure(
                ratio(c, a, (round) => round.cpuMicros),
                2,
              )})`,
          ]
        : []),
      ...disturbance(entries),
      ...[...answers].map(
        ([service, count]) =>
          `${service}: ${figure(count)} answers, as many rows of evidence, as many counted, as many logged`,
      ),
    ],
    marks: [
      ...(a ? [{ name: 'a/b', value: overB, atLeast: 0.6 }] : []),
      {
        name: 'resident memory of the gateway under load, peak',
        value: resident && resident / 1e6,
        unit: ' MB',
        atMost: 200,
      },
    ],
  };
}

/** Nobody should believe a number that was taken while something else had the core. */
function disturbance(entries: readonly Entry[]): string[] {
  const worst = Math.max(
    0,
    ...entries.flatMap(({ rounds }) => rounds.map(({ disturbed }) => disturbed ?? 0)),
  );
  return worst > DISTURBED
    ? [`disturbed: other processes took up to ${percent(worst)} of the measured core in a round`]
    : [];
}

/** Median of the ratios within each turn. */
function ratio(
  over: Entry | undefined,
  under: Entry | undefined,
  value: (round: Round) => number | undefined,
): number | undefined {
  if (!over || !under) return undefined;
  const ratios = over.rounds.map((round, turn) => {
    const [above, below] = [value(round), value(under.rounds[turn]!)];
    return above !== undefined && below ? above / below : Number.NaN;
  });
  return ratios.some(Number.isNaN) ? undefined : median(ratios);
}
