import { gzipSync } from 'node:zlib';
import t from 'tap';
import { samples } from '../../deploy/sandbox/registries/samples.ts';
import { startServer } from '../adapters/support/server.ts';
import { refused } from '../support/answer.ts';
import { startTestGateway } from '../support/gateway.ts';

const { persons, enterprises, parcels } = samples();

/** 64 MiB of nothing in 64 KiB: sixteen times what an upstream may answer. */
const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, ' '));

t.test(
  'answers are asked for as they are; one that is packed all the same is unpacked up to its bound',
  async (t) => {
    let packed = bomb;
    const { url, received } = await startServer(t, (response) =>
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(packed),
    );
    const gateway = await startTestGateway(t, {
      variables: {
        POPULATION_URL: url,
        BUSINESS_URL: url,
        LAND_UPSTREAMS: JSON.stringify({ '01': { url, apiKey: 'x' } }),
      },
    });
    const [personalId] = persons.present as [string];
    const [enterpriseCode] = enterprises.present as [string];
    const calls = [
      ['H26.motcua', 'population.person.lookup', { personalId }],
      ['G12.thue', 'business.enterprise.lookup', { enterpriseCode }],
      ['G12.thue', 'land.parcel.lookup', parcels.present[0]!],
    ] as const;
    const before = process.memoryUsage.rss();
    for (const [system, service, input] of calls) {
      refused(t, await gateway.call(system, service, input), 502, 'upstream_malformed', `${service}: a bomb`);
    }
    const grown = (process.memoryUsage.rss() - before) / 1024 / 1024;
    t.ok(grown < 48, `memory grew by ${grown.toFixed(1)} MiB, not by what is packed`);
    const { communeCode, mapSheet, parcelNumber } = parcels.present[0]!;
    packed = gzipSync(
      JSON.stringify({
        DC_ThuaDat: { maXa: communeCode, soHieuToBanDo: mapSheet, soThuTuThua: parcelNumber, dienTich: 100 },
        phienBan: 1,
      }),
    );
    const answer = await gateway.call('G12.thue', 'land.parcel.lookup', parcels.present[0]!);
    t.match(answer, { status: 200, body: { data: { parcelNumber } } });
    t.ok(received.length >= 4);
    t.ok(
      received.every(({ headers }) => headers['accept-encoding'] === 'identity'),
      'no packed answer is asked for',
    );
  },
);
