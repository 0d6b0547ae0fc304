/**
 * (a) to (d): look-ups through the gateway, beside pass-throughs on the same parts and beside nginx; (f) to (h): with tokens
 * that are bound to their sender.
 *
 * The contestants take turns, so that what disturbs the machine disturbs all of them; a ratio is taken within each turn
 * and its median counts. Afterwards evidence, metrics and log are held against the number of answers.
 */
import { join } from 'node:path';
import { freePort } from '../../deploy/sandbox/processes/free-port.ts';
import { CONSUMER } from './catalogue.ts';
import { bearerOverTls, boundToCertificate, boundToKey, writeCertificates } from './contestants/bound.ts';
import type { Contestant } from './contestants/contestant.ts';
import {
  enterpriseLookup,
  type Gateway,
  type GatewayOptions,
  gatewayContestant,
  personLookup,
  type ServiceUnderLoad,
  startGateway,
} from './contestants/gateway.ts';
import { nginxIsInstalled, startNginx } from './contestants/nginx.ts';
import { ENTERPRISE_PATH, upstreamContestant } from './contestants/upstream.ts';
import type { LoadJob, LoadResult } from './load/job.ts';
import { type LoadGenerator, loadRound } from './load/load.ts';
import { DISTURBED, type Entry, reportLookups } from './lookup-report.ts';
import type { Options } from './options.ts';
import { launch, startWorker, untilAnswers } from './processes.ts';
import { enterpriseCodes } from './records/enterprise.ts';
import type { Report } from './report.ts';
import { verify } from './verify.ts';
import { RECORDS, UPSTREAM_CONNECTIONS, type World } from './world.ts';

const GENERATOR = join(import.meta.dirname, 'load', 'generator.ts');
const PASS_THROUGH = join(import.meta.dirname, 'contestants', 'pass-through.ts');

/** Seconds for which the upstream is asked without anybody between. */
const SECONDS_ALONE = 2;

/** @param stack ends what is started here */
export async function measureLookups(
  world: World,
  options: Options,
  stack: AsyncDisposableStack,
): Promise<Report> {
  const { catalogue } = world;
  const { subjects, profile } = options;
  const generator: LoadGenerator = await startWorker<LoadJob, LoadResult>(GENERATOR, 'others');
  stack.defer(() => generator.stop());
  const plain = await startOn(world, stack, 'lookups', { profile });
  const privateKey = catalogue.privateKeys[CONSUMER];

  const enter = (letter: Entry['letter'], contestant: Contestant): Entry => ({
    letter,
    contestant,
    rounds: [],
    answers: 0,
  });
  const ofGateway = (
    letter: Entry['letter'],
    { gateway }: Running,
    under: ServiceUnderLoad,
    contestant = gatewayContestant(gateway, under, privateKey),
  ): Entry => ({ ...enter(letter, contestant), service: under.service, gateway });
  const gateways = [plain];
  const entries: Entry[] = [];
  const enterprises = enterpriseLookup(RECORDS);
  if (subjects.has('lookup') || subjects.has('bound')) entries.push(ofGateway('a', plain, enterprises));
  if (subjects.has('lookup')) {
    entries.push(enter('b', await startPassThrough(world, stack, 'stream')));
    entries.push(enter('b2', await startPassThrough(world, stack, 'whole')));
    const nginx = await startProxy(world, stack);
    if (nginx) entries.push(enter('c', nginx));
  }
  if (subjects.has('population')) entries.push(ofGateway('d', plain, personLookup(RECORDS)));
  if (subjects.has('bound')) {
    const certificates = await writeCertificates(world.directory, catalogue.certificate);
    const keyed = await startOn(world, stack, 'lookups_by_key', { profile });
    const secure = await startOn(world, stack, 'lookups_by_tls', { profile, tls: certificates.server });
    gateways.push(keyed, secure);
    entries.push(
      ofGateway('f', keyed, enterprises, boundToKey(keyed.gateway, enterprises, privateKey)),
      ofGateway(
        'g',
        secure,
        enterprises,
        bearerOverTls(secure.gateway, enterprises, privateKey, certificates),
      ),
      ofGateway(
        'h',
        secure,
        enterprises,
        boundToCertificate(secure.gateway, enterprises, privateKey, certificates),
      ),
    );
  }

  for (const entry of entries) {
    entry.answers += (await loadRound(generator, entry.contestant, options.warmUp)).answers;
  }
  const alone = upstreamContestant('upstream, nobody between', world.upstream, RECORDS);
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

  const answers = new Map<string, number>();
  for (const { gateway, databaseUrl } of gateways) {
    const own = new Map<string, number>();
    for (const { service, answers: count } of entries.filter((entry) => entry.gateway === gateway)) {
      own.set(service!, (own.get(service!) ?? 0) + count);
      answers.set(service!, (answers.get(service!) ?? 0) + count);
    }
    await verify(gateway, databaseUrl, own);
  }
  return reportLookups(entries, alone.name, ceiling, answers);
}

interface Running {
  readonly gateway: Gateway;
  readonly databaseUrl: string;
}

/** A gateway on a database of its own. */
async function startOn(
  world: World,
  stack: AsyncDisposableStack,
  database: string,
  options: Pick<GatewayOptions, 'profile' | 'tls'>,
): Promise<Running> {
  const { directory, catalogue, upstream } = world;
  const databaseUrl = await world.freshDatabase(database);
  const gateway = await startGateway({
    ...{ catalogue, databaseUrl, directory },
    upstreamPort: upstream.port,
    upstreamConnections: UPSTREAM_CONNECTIONS,
    ...options,
  });
  stack.defer(() => gateway.stop());
  return { gateway, databaseUrl };
}

async function startPassThrough(
  world: World,
  stack: AsyncDisposableStack,
  way: 'stream' | 'whole',
): Promise<Contestant> {
  const { upstream } = world;
  const port = await freePort();
  const process_ = await launch(
    process.execPath,
    [PASS_THROUGH, String(port), `http://127.0.0.1:${upstream.port}`, String(UPSTREAM_CONNECTIONS), way],
    { place: 'measured', stdio: ['ignore', 'inherit', 'inherit'] },
  );
  stack.defer(() => process_.stop());
  await untilAnswers(`http://127.0.0.1:${port}${ENTERPRISE_PATH}${enterpriseCodes(1)[0]}`, process_);
  const name = way === 'stream' ? 'Fastify + undici pass-through' : 'the same, answers read whole';
  return upstreamContestant(name, { pid: process_.pid, port }, RECORDS);
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
