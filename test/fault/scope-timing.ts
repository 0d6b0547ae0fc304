/**
 * A caller with a scope looks up records outside it, and records that are not there, in turn: by the time of the answer nobody
 * can distinguish the two. Measured as the chance that of one of each the slower is the one outside (the area under the ROC
 * curve, by ranks): 0.5 is a coin. Ranks of interleaved pairs do not mind how busy the machine is.
 */

import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { createClient } from '../../gateway/client/client.ts';
import { CONSUMER } from '../bench/catalogue.ts';
import { startGateway } from '../bench/contestants/gateway.ts';
import { enterpriseCodes, upstreamEnterprise } from '../bench/records/enterprise.ts';
import { personalIds, upstreamPerson } from '../bench/records/person.ts';
import { median } from '../bench/statistics.ts';
import { figure } from '../bench/table.ts';
import type { Fault } from './fault.ts';

const PAIRS = 2000;
/** Before what is measured: compiled, connected, tokens cached. */
const WARM_UP = 300;
const AT_MOST = 0.55;
const PURPOSE = 'thu-thoi-gian';
/** The records of the bench are Hà Nội's. */
const SCOPE = { provinceCode: ['79'] };

const codes = enterpriseCodes(2 * PAIRS);
const persons = personalIds(2 * PAIRS);

interface Lookup {
  readonly name: string;
  /** @param which the record's number: the registries have the even ones */
  ask(which: number): { readonly method: 'GET' | 'POST'; readonly path: string; readonly body?: string };
}

const lookups: readonly Lookup[] = [
  {
    name: 'business.enterprise.lookup',
    ask: (which) => ({ method: 'GET', path: `/v1/business/enterprises/${codes[which]}` }),
  },
  {
    name: 'population.person.lookup',
    ask: (which) => ({
      method: 'POST',
      path: '/v1/population/persons/lookup',
      body: JSON.stringify({ personalId: persons[which] }),
    }),
  },
];

export const scopeTiming: Fault = {
  name: 'scope-timing',
  needs: {},
  async run(world, stack) {
    const agreement = {
      agreement: 'TT-2026-Z99-09',
      title: { vi: 'Thời gian', en: 'Timing' },
      consumer: CONSUMER,
      purposes: [PURPOSE],
      legalBasis: ['Nghị định 278/2025/NĐ-CP'],
      validFrom: '2026-01-01',
      validUntil: '2099-12-31',
      requiredHeaders: ['X-Purpose'],
      scope: SCOPE,
      services: lookups.map(({ name }) => ({ service: `${name}@1`, fields: [''] })),
    };
    const { contractsDir, privateKeys } = world.catalogue;
    await writeFile(join(contractsDir, 'agreements', 'scope-timing.yaml'), JSON.stringify(agreement));
    const gateway = await startGateway({
      catalogue: world.catalogue,
      databaseUrl: await world.freshDatabase('scope_timing'),
      directory: world.directory,
      upstreamPort: await startRegistries(stack),
      upstreamConnections: 8,
    });
    stack.defer(() => gateway.stop());
    const client = createClient({
      issuer: gateway.url,
      clientId: CONSUMER,
      privateJwk: privateKeys[CONSUMER],
    });
    const agent = new Agent({ connections: 1, pipelining: 1 });
    stack.defer(() => agent.destroy());
    const time = async (lookup: Lookup, which: number): Promise<number> => {
      const { method, path, body } = lookup.ask(which);
      const headers = {
        authorization: `Bearer ${await client.token()}`,
        'x-purpose': PURPOSE,
        ...(body && { 'content-type': 'application/json' }),
      };
      const begun = performance.now();
      const answer = await request(gateway.url + path, { dispatcher: agent, method, headers, body });
      const text = await answer.body.text();
      const took = performance.now() - begun;
      if (answer.statusCode !== 404 || !text.includes('"not_found"'))
        throw new Error(`${answer.statusCode} ${text}`);
      return took;
    };
    const results = [];
    for (const lookup of lookups)
      results.push({ lookup, ...(await measure((which) => time(lookup, which))) });
    return {
      tables: [
        {
          title: `Look-ups by a caller who may see another province, ${PAIRS} pairs`,
          head: ['service', 'outside: p50 ms', 'absent: p50 ms', 'outside is slower'],
          rows: results.map(({ lookup, outside, absent, area }) => [
            lookup.name,
            figure(median(outside), 3),
            figure(median(absent), 3),
            figure(area, 3),
          ]),
        },
      ],
      notes: [],
      marks: results.map(({ lookup, area }) => ({
        name: `${lookup.name}: outside beside absent, area under the curve`,
        value: Math.max(area, 1 - area),
        atMost: AT_MOST,
      })),
    };
  },
};

/** Times pairs, the first of each by a coin. */
async function measure(time: (which: number) => Promise<number>) {
  const outside: number[] = [];
  const absent: number[] = [];
  for (let pair = -WARM_UP; pair < PAIRS; pair++) {
    const which = (2 * Math.abs(pair)) % (2 * PAIRS);
    const swap = Math.random() < 0.5;
    const [first, second] = [await time(swap ? which + 1 : which), await time(swap ? which : which + 1)];
    if (pair < 0) continue;
    outside.push(swap ? second : first);
    absent.push(swap ? first : second);
  }
  return { outside, absent, area: areaUnderCurve(outside, absent) };
}

/** The chance that one of `positive` is greater than one of `negative`; a tie counts half (Mann and Whitney). */
function areaUnderCurve(positive: readonly number[], negative: readonly number[]): number {
  const sorted = negative.toSorted((a, b) => a - b);
  const below = (value: number, orEqual: boolean) => {
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sorted[middle]! < value || (orEqual && sorted[middle] === value)) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const wins = positive.reduce((sum, value) => sum + (below(value, false) + below(value, true)) / 2, 0);
  return wins / (positive.length * negative.length);
}

/** Two registries on one port, which have every second record. @returns the port */
async function startRegistries(stack: AsyncDisposableStack): Promise<number> {
  const even = <T>(list: readonly T[]) => list.filter((_, index) => index % 2 === 0);
  const enterprises = new Map(even(codes).map((code) => [code, upstreamEnterprise(code)]));
  const people = new Map(even(persons).map((id) => [id, upstreamPerson(id)]));
  const noEnterprise = JSON.stringify({ DataCount: 0, Status: '0', Message: 'Không tìm thấy dữ liệu' });
  const noPerson = upstreamPerson(persons[0]!).replace(/<CongDan>.*<\/CongDan>/s, '');
  const answerTo = (url: string, body: string): string => {
    if (url === '/token') return '{"access_token":"x","token_type":"Bearer","expires_in":3600}';
    const code = /msdn=(.*)$/.exec(url)?.[1];
    if (code !== undefined) return enterprises.get(code) ?? noEnterprise;
    return people.get(/<SoDinhDanh>(\d{12})/.exec(body)?.[1] ?? '') ?? noPerson;
  };
  const server = createServer((incoming, response) => {
    let body = '';
    incoming.setEncoding('utf8').on('data', (chunk) => {
      body += chunk;
    });
    incoming.on('end', () => response.end(answerTo(incoming.url ?? '', body)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stack.defer(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}
