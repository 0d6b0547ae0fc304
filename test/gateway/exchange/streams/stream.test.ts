/** The rules that every stream keeps, whatever its content: over real HTTP, with a source of the test's own. */
import { once } from 'node:events';
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import Fastify from 'fastify';
import t, { type Test } from 'tap';
import type { FieldSet } from '../../../../gateway/catalog/catalog.ts';
import { undeclared } from '../../../../gateway/circumstances/recorded-circumstances.ts';
import type { StreamAuthorisation } from '../../../../gateway/exchange/call.ts';
import { trackStreams } from '../../../../gateway/exchange/streams/open-streams.ts';
import { type Chunk, type StreamSource, sendStream } from '../../../../gateway/exchange/streams/stream.ts';
import type { Caller } from '../../../../gateway/identity/caller.ts';
import type { Revoked } from '../../../../gateway/identity/revocations.ts';
import { Problem } from '../../../../gateway/problems/problem.ts';
import { createMetrics } from '../../../../gateway/telemetry/metrics.ts';
import { catalogOf, grantOf, recordingEvidence } from '../../changes/support.ts';

const fields: FieldSet = { digest: 'ab', disclosed: ['/name'], withheld: [] };
const caller: Caller = {
  agency: 'G12',
  system: 'G12.thue',
  scopes: new Set(),
  tokenId: 'token',
  keyThumbprint: 'key',
  expiresAt: Number.POSITIVE_INFINITY,
};

interface World {
  /** The result of `authorise`, or its error. */
  granted: StreamAuthorisation | Problem;
  stands: boolean;
  expiresAt: number;
  limits: { max: number; perSystem: number };
  times: { heartbeat: number; patience: number; endPatience: number };
  source: () => StreamSource;
}

const authorisationOf = (agreement = 'TT-1', provinces?: string[]): StreamAuthorisation => {
  const grant = grantOf(agreement, provinces && { provinces });
  return {
    agreement: grant.agreement,
    circumstances: { ...undeclared, purpose: 'quan-ly-thue' },
    grants: [grant],
  };
};

const chunk = (text: string): Chunk => ({ text, disclosures: [{ fields, subjects: [] }] });

/** Tells these chunks, then that they were all. */
const listing = (chunks: readonly (Chunk | Promise<Chunk>)[]): StreamSource => {
  const rest = [...chunks];
  return {
    contentType: 'text/plain',
    next: async () => rest.shift(),
    end: (reason) => `end:${reason}`,
  };
};

/** `once` rejects when the connection is cut. */
const closed = (response: IncomingMessage) => new Promise((resolve) => response.once('close', resolve));

async function serve(test: Test, given: Partial<World> = {}) {
  const world: World = {
    granted: authorisationOf(),
    stands: true,
    expiresAt: Number.POSITIVE_INFINITY,
    limits: { max: 10, perSystem: 5 },
    times: { heartbeat: 60_000, patience: 60_000, endPatience: 60_000 },
    source: () => listing([]),
    ...given,
  };
  const evidence = recordingEvidence();
  const metrics = createMetrics();
  const listeners = new Set<(revoked: Revoked) => void>();
  const streams = trackStreams({
    catalog: () => catalogOf(),
    identity: { isStillValid: () => world.stands },
    revocations: {
      onRevoked: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    limits: world.limits,
    metrics,
  });
  const parts = { evidence, failures: { report() {} } };
  const app = Fastify();
  app.decorateRequest('arrival');
  app.get('/', (request, reply) => {
    request.arrival = { entry: { waiting: true }, since: 0, bodyFrom: 0, bytes: undefined, outcome: 'ok' };
    const service = 'business.changes.read';
    const reader = { ...caller, expiresAt: world.expiresAt };
    const stream = streams.open({
      caller: reader,
      service,
      authorise: () => {
        if (world.granted instanceof Problem) throw world.granted;
        return world.granted;
      },
    });
    const call = {
      request,
      reply,
      service,
      deadline: 5000,
      headers: {},
      caller: reader,
      signature: undefined,
    };
    return sendStream(parts, call, { stream, source: world.source() }, world.times);
  });
  app.setErrorHandler((error, _request, reply) =>
    reply.code(error instanceof Problem ? error.status : 500).send(String(error)),
  );
  await app.listen({ host: '127.0.0.1', port: 0 });
  test.teardown(async () => {
    streams.close();
    app.server.closeAllConnections();
    await app.close();
  });
  const { port } = app.server.address() as AddressInfo;
  const get = async (): Promise<{ request: ClientRequest; response: IncomingMessage }> => {
    const request = httpRequest({ port, host: '127.0.0.1', agent: false });
    request.on('error', () => {});
    request.end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    response.on('error', () => {});
    response.setEncoding('utf8');
    return { request, response };
  };
  /** The whole answer, and whether it ended as HTTP ends an answer. */
  const read = async () => {
    const { response } = await get();
    let text = '';
    response.on('data', (more: string) => {
      text += more;
    });
    await closed(response);
    return { status: response.statusCode, text, whole: response.complete };
  };
  const ends = async () => {
    const { values } = await metrics.streamsEnded.get();
    return Object.fromEntries(values.map(({ labels, value }) => [labels.reason, value]));
  };
  const open = async () => (await metrics.streamsOpen.get()).values[0]?.value ?? 0;
  return {
    world,
    evidence,
    streams,
    revoke: (revoked: Revoked = { kind: 'system', value: '' }) => {
      for (const listener of listeners) listener(revoked);
    },
    ...{ get, read, ends, open },
  };
}

t.test('chunk by chunk, recorded before it is written', async (t) => {
  const counts: string[] = [];
  const served = await serve(t, {
    source: () => ({
      contentType: 'text/plain',
      opening: 'hello;',
      async next() {
        counts.push(`entries ${served.evidence.entries.length}`);
        return counts.length <= 3 ? chunk(`chunk ${counts.length};`) : undefined;
      },
    }),
  });
  t.same(await served.read(), { status: 200, text: 'hello;chunk 1;chunk 2;chunk 3;', whole: true });
  t.same(counts, ['entries 0', 'entries 1', 'entries 2', 'entries 3']);
  t.match(served.evidence.entries, [
    {
      ...{ kind: 'disclosure', agency: 'G12', system: 'G12.thue', agreement: 'TT-1', status: 200, fields },
      response: 'chunk 1;',
    },
    { response: 'chunk 2;' },
    { response: 'chunk 3;' },
  ]);
  t.same(await served.ends(), { complete: 1 });
  t.equal(await served.open(), 0);
});

t.test('a chunk that cannot be recorded is not written', async (t) => {
  const served = await serve(t, { source: () => listing([chunk('one;'), chunk('two;')]) });
  const append = served.evidence.append;
  served.evidence.append = async (entry) => {
    if (entry.response === 'two;') throw new Error('no disk');
    return append(entry);
  };
  t.same(await served.read(), { status: 200, text: 'one;end:evidence_unavailable', whole: true });
});

t.test('authorised again for each chunk, and once more when it has been made', async (t) => {
  const cases: [name: string, happens: (world: World) => void, reason: string][] = [
    [
      'expired',
      (world) => Object.assign(world, { granted: new Problem('agreement_expired') }),
      'agreement_expired',
    ],
    [
      'narrowed',
      (world) => Object.assign(world, { granted: authorisationOf('TT-1', ['01']) }),
      'agreement_changed',
    ],
    [
      'by another',
      (world) => Object.assign(world, { granted: authorisationOf('TT-2') }),
      'agreement_changed',
    ],
    ['revoked', (world) => Object.assign(world, { stands: false }), 'revoked'],
  ];
  for (const [name, happens, reason] of cases) {
    const served = await serve(t, {
      source: () => {
        const source = listing([chunk('one;'), chunk('two;')]);
        let made = 0;
        return {
          ...source,
          async next(...granted) {
            if (++made === 2) happens(served.world);
            return source.next(...granted);
          },
        };
      },
    });
    t.same(await served.read(), { status: 200, text: `one;end:${reason}`, whole: true }, name);
    t.equal(served.evidence.entries.length, 1, name);
    t.same(await served.ends(), { [reason]: 1 });
  }
});

t.test('one that waits is ended at once: revoked, token over, gateway stopping', async (t) => {
  const waiting: StreamSource = {
    ...listing([]),
    opening: 'hello;',
    ready: (signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve())),
  };
  const served = await serve(t, { source: () => waiting });
  const happenings: [reason: string, happens: () => void][] = [
    ['revoked', () => Object.assign(served.world, { stands: false })],
    [
      'revoked',
      () => {
        Object.assign(served.world, { stands: false });
        served.revoke({ kind: 'token', value: 'token' });
        // It has ended by its own token: another revocation finds it so.
        Object.assign(served.world, { stands: true });
      },
    ],
    ['agreement_revoked', () => Object.assign(served.world, { granted: new Problem('agreement_revoked') })],
  ];
  for (const [reason, happens] of happenings) {
    Object.assign(served.world, { stands: true, granted: authorisationOf() });
    const answer = served.read();
    while ((await served.open()) === 0) await wait(5);
    happens();
    served.revoke();
    t.same(await answer, { status: 200, text: `hello;end:${reason}`, whole: true });
  }
  Object.assign(served.world, { granted: authorisationOf(), expiresAt: Date.now() + 50 });
  t.same(await served.read(), { status: 200, text: 'hello;end:token_ended', whole: true });
  served.world.expiresAt = Number.POSITIVE_INFINITY;
  const last = served.read();
  while ((await served.open()) === 0) await wait(5);
  served.streams.drain();
  t.same(await last, { status: 200, text: 'hello;end:draining', whole: true });
  t.match(await served.read(), { status: 503 }, 'and no new ones');
  t.equal(await served.open(), 0);
});

t.test('heartbeats', async (t) => {
  let beats = 0;
  const served = await serve(t, {
    times: { heartbeat: 10, patience: 60_000, endPatience: 60_000 },
    source: () => ({
      contentType: 'text/plain',
      ready: (signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve())),
      next: async () => undefined,
      heartbeat: () => {
        if (++beats === 3) served.streams.drain();
        return 'beat;';
      },
    }),
  });
  t.same(await served.read(), { status: 200, text: 'beat;beat;beat;', whole: true });
});

t.test('a slow reader holds one chunk, and is cut off when it takes nothing', async (t) => {
  let made = 0;
  const big = 'x'.repeat(200_000);
  const endless: StreamSource = {
    contentType: 'text/plain',
    async next() {
      made++;
      return chunk(big);
    },
  };
  const served = await serve(t, {
    source: () => endless,
    times: { heartbeat: 60_000, patience: 300, endPatience: 60_000 },
  });
  const { response } = await served.get();
  // What the system's buffers take, they take; then nothing more is made.
  let before = -1;
  while (made !== before) {
    before = made;
    await wait(100);
  }
  t.ok(made > 0 && made < 100, `${made} chunks`);
  t.equal(served.evidence.entries.length, made, 'nothing is recorded ahead');
  while ((await served.open()) > 0) await wait(20);
  t.same(await served.ends(), { slow_reader: 1 });
  response.resume();
  await closed(response);
  t.notOk(response.complete, 'cut off, not ended');
});

t.test('a slow reader is not waited for when its stream has to end', async (t) => {
  const served = await serve(t, {
    source: () => ({ contentType: 'text/plain', next: async () => chunk('x'.repeat(200_000)) }),
    times: { heartbeat: 60_000, patience: 60_000, endPatience: 50 },
  });
  await served.get();
  let before = 0;
  while (served.evidence.entries.length === 0 || served.evidence.entries.length !== before) {
    before = served.evidence.entries.length;
    await wait(100);
  }
  served.streams.drain();
  while ((await served.open()) > 0) await wait(10);
  t.same(await served.ends(), { draining: 1 });
});

t.test('a reader that comes back slowly loses nothing', async (t) => {
  const chunks = Array.from({ length: 40 }, (_, index) => chunk(`${index}:${'y'.repeat(200_000)};`));
  const served = await serve(t, { source: () => listing(chunks) });
  const { response } = await served.get();
  await wait(100);
  let text = '';
  for await (const more of response) text += more;
  t.ok(text === chunks.map((one) => one.text).join(''));
  t.same(await served.ends(), { complete: 1 });
});

t.test('a reader that leaves', async (t) => {
  const served = await serve(t, {
    source: () => ({
      contentType: 'text/plain',
      opening: 'hello;',
      ready: (signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve())),
      next: async () => undefined,
    }),
  });
  const { request } = await served.get();
  t.equal(await served.open(), 1);
  request.destroy();
  while ((await served.open()) > 0) await wait(5);
  t.same(await served.ends(), { reader_left: 1 });
});

t.test('so many at once of one system, so many in all', async (t) => {
  const served = await serve(t, {
    limits: { max: 3, perSystem: 2 },
    source: () => ({
      contentType: 'text/plain',
      opening: 'hello;',
      ready: (signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve())),
      next: async () => undefined,
    }),
  });
  const one = await served.get();
  await served.get();
  t.match(await served.read(), { status: 429, text: /too_many_streams/ });
  one.request.destroy();
  while ((await served.open()) > 1) await wait(5);
  t.equal((await served.get()).response.statusCode, 200, 'a place that was left is free');
});

t.test('a swap of the catalogue is survived once, if the grants are the same', async (t) => {
  const served = await serve(t, {
    source: () => ({
      contentType: 'text/plain',
      opening: 'hello;',
      ready: (signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve())),
      next: async () => undefined,
      end: (reason) => `end:${reason}`,
    }),
  });
  const swap = async () => (await served.streams.follow(catalogOf()))();
  const answer = served.read();
  while ((await served.open()) === 0) await wait(5);
  await swap();
  t.equal(await served.open(), 1);
  await swap();
  t.same(await answer, { status: 200, text: 'hello;end:catalogue_replaced', whole: true });
});
