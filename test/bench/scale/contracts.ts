/**
 * A large catalogue as a country might have it: registries with services and a change stream each, every contract with
 * schemas of its own, agencies with systems and keys, and agreements that name some services, fields and rows. Beside the
 * made-up registries there is one that can be asked, business, with agreements that are the same in every size.
 *
 *     node test/bench/scale/contracts.ts DIRECTORY [AGREEMENTS]
 */
import { generateKeyPairSync } from 'node:crypto';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JWK } from 'jose';
import { parse, stringify } from 'yaml';
import { type Random, randomFrom } from '../../../deploy/sandbox/registries/random.ts';
import { readSchemas } from '../../../schemas/read.ts';
import { GRANTED } from '../records/enterprise.ts';

export interface Size {
  readonly agreements: number;
  readonly systems: number;
  readonly services: number;
}

/** The mark of issue 3. */
export const LARGE: Size = { agreements: 10_000, systems: 500, services: 200 };
/** Little more than the callers need. */
export const SMALL: Size = { agreements: 128, systems: 64, services: 20 };
/** Systems that call, each under an agreement of its own. */
export const CALLERS = 64;

export interface LargeCatalogue {
  readonly contractsDir: string;
  readonly schemasDir: string;
  readonly callers: readonly BenchCaller[];
}

/** A system that may look enterprises up. */
export interface BenchCaller {
  readonly system: string;
  readonly agreement: string;
  readonly purpose: string;
  readonly privateJwk: JWK;
}

const LOOKUP = 'business.enterprise.lookup';

/** One of ten services of a registry publishes its changes. */
const SERVICES_PER_REGISTRY = 10;
const SYSTEMS_PER_AGENCY = 8;
const SERVICES_PER_AGREEMENT = 5;
/** Of contracts and agreements alike: all fields of the package's schemas may be granted. */
const REVISION = 1;
const PROVINCES = ['01', '31', '46', '48', '56', '68', '75', '79', '91', '92'];

const models = ['enterprise', 'person', 'parcel'] as const;
const subjects = {
  enterprise: '{enterpriseCode}',
  person: '{personalId}',
  parcel: '{communeCode}/{mapSheet}/{parcelNumber}',
} as const;

const published = { enterprise: 'business', person: 'population', parcel: 'land' } as const;

const text = (words: string) => ({ vi: words, en: words });

/** Writes `contracts/` and `schemas/` below `directory`. The same size gives the same files, but for keys. */
export async function writeLargeCatalogue(directory: string, size: Size): Promise<LargeCatalogue> {
  const [contractsDir, schemasDir] = [join(directory, 'contracts'), join(directory, 'schemas')];
  for (const kind of ['services', 'agencies', 'agreements'])
    await mkdir(join(contractsDir, kind), { recursive: true });
  await cp(join(import.meta.dirname, '../../../schemas'), schemasDir, {
    recursive: true,
    filter: (path) => !path.endsWith('.ts'),
  });
  const write = (folder: string, name: string, content: object) =>
    writeFile(
      join(contractsDir, folder, `${name}.yaml`),
      `# Made by test/bench/scale.\n${stringify(content)}`,
    );

  const lookup = `${LOOKUP}.v1.yaml`;
  await cp(
    join(import.meta.dirname, '../../../contracts/services', lookup),
    join(contractsDir, 'services', lookup),
  );
  const services = await writeServices(size, schemasDir, write);
  const systems = await writeAgencies(size, write);
  const ids = [...systems.keys()];
  const random = randomFrom(0x5ca1e);
  const callers: BenchCaller[] = [];
  for (let index = 0; index < size.agreements; index++) {
    const system = ids[index % ids.length]!;
    const purpose = `muc-dich-${Math.floor(index / ids.length)}`;
    const number = `TT-2026-${system.replaceAll('.', '-')}-${index}`;
    if (callers.length < CALLERS) {
      callers.push({ system, agreement: number, purpose, privateJwk: systems.get(system)! });
      await write('agreements', number, callersAgreement(number, system, purpose));
    } else await write('agreements', number, agreement(number, system, purpose, services, random));
  }
  return { contractsDir, schemasDir, callers };
}

interface Contract {
  readonly key: string;
  readonly registry: string;
  readonly model: (typeof models)[number];
  readonly properties: readonly string[];
  readonly stream: string | undefined;
}

type Write = (folder: string, name: string, content: object) => Promise<void>;

async function writeServices(size: Size, schemasDir: string, write: Write): Promise<Contract[]> {
  const known = readSchemas();
  const contracts: Contract[] = [];
  for (let index = 0; index < size.services; index++) {
    const registry = `registry-${Math.floor(index / SERVICES_PER_REGISTRY)}`;
    const model = models[index % models.length]!;
    const publishes = index % SERVICES_PER_REGISTRY === 0;
    const name = publishes ? `${registry}.changes.publish` : `${registry}.${model}.read-${index}`;
    const schema = `${registry}-${model}-${index}.schema.json`;
    const response = { ...(known.get(`${model}.schema.json`) as { properties: object }), $id: schema };
    await writeFile(join(schemasDir, schema), JSON.stringify(response, null, 2));
    const request = `${registry}-${model}-${index}.request.schema.json`;
    if (!publishes)
      await writeFile(join(schemasDir, request), JSON.stringify(requestSchema(request), null, 2));
    await write('services', `${name}.v1`, {
      service: name,
      version: 1,
      revision: REVISION,
      kind: publishes ? 'publish' : 'read',
      title: text(`Dịch vụ ${index}`),
      description: text('Một dịch vụ của một cơ sở dữ liệu'),
      method: 'POST',
      path: publishes ? `/v1/${registry}/changes` : `/v1/${registry}/${model}s/read-${index}`,
      deadline: '3s',
      request: publishes ? 'changes-publish.request.schema.json' : request,
      response: publishes ? 'changes-publish.response.schema.json' : schema,
      ...(publishes && {
        entities: { [model]: { schema, subject: subjects[model] } },
        examples: await examplesOf(model),
      }),
    });
    contracts.push({
      key: `${name}@1`,
      registry,
      model,
      properties: Object.keys(response.properties),
      stream: publishes ? `${registry}.changes.read` : undefined,
    });
  }
  return contracts;
}

/** Those of the package's own contract that publishes the same model. */
async function examplesOf(model: keyof typeof published): Promise<unknown> {
  const file = `../../../contracts/services/${published[model]}.changes.publish.v1.yaml`;
  return parse(await readFile(join(import.meta.dirname, file), 'utf8')).examples;
}

function requestSchema($id: string): object {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id,
    title: 'Request',
    description: 'By an identifier',
    type: 'object',
    required: ['id'],
    additionalProperties: false,
    properties: {
      id: { type: 'string', pattern: '^[0-9A-Z-]{1,40}$', 'x-sensitivity': 'basic' },
      pageSize: { type: 'integer', minimum: 1, maximum: 100, default: 20, 'x-sensitivity': 'public' },
    },
  };
}

/** @returns the systems with their private keys */
async function writeAgencies(size: Size, write: Write): Promise<Map<string, JWK>> {
  const systems = new Map<string, JWK>();
  for (let agency = 0; systems.size < size.systems; agency++) {
    const code = `A${String(agency % 100).padStart(2, '0')}${agency >= 100 ? `.${10 + Math.floor(agency / 100)}` : ''}`;
    const own = Array.from(
      { length: Math.min(SYSTEMS_PER_AGENCY, size.systems - systems.size) },
      (_, index) => `${code}.he-thong-${index}`,
    );
    const keys = own.map((system) => ({ system, ...keyPair(system) }));
    for (const { system, privateJwk } of keys) systems.set(system, privateJwk);
    await write('agencies', code, {
      agency: code,
      name: text(`Cơ quan ${code}`),
      systems: keys.map(({ system, publicJwk }) => ({
        system,
        name: text(system),
        jwks: { keys: [publicJwk] },
      })),
    });
  }
  return systems;
}

function keyPair(kid: string): { publicJwk: JWK; privateJwk: JWK } {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const common = { kid, use: 'sig', alg: 'ES256' };
  return {
    publicJwk: { ...pair.publicKey.export({ format: 'jwk' }), ...common },
    privateJwk: { ...pair.privateKey.export({ format: 'jwk' }), ...common },
  };
}

const terms = (number: string, system: string, purpose: string) => ({
  agreement: number,
  title: text(`Chia sẻ dữ liệu cho ${system}`),
  consumer: system,
  purposes: [purpose],
  legalBasis: ['Nghị định 278/2025/NĐ-CP', 'Nghị định 194/2025/NĐ-CP, Điều 16'],
  validFrom: '2026-01-01',
  validUntil: '2028-12-31',
  requiredHeaders: ['X-Purpose', 'X-Case-Id'],
});

/** With a rate and a quota, as agreements have them, that no bench reaches. */
function callersAgreement(number: string, system: string, purpose: string): object {
  return {
    ...terms(number, system, purpose),
    rate: { perSecond: 100_000, burst: 100_000 },
    quota: { perDay: 1_000_000_000 },
    services: [{ service: `${LOOKUP}@1`, revision: 0, fields: GRANTED }],
  };
}

function agreement(
  number: string,
  system: string,
  purpose: string,
  contracts: readonly Contract[],
  random: Random,
): object {
  const chosen = new Set<Contract>();
  while (chosen.size < SERVICES_PER_AGREEMENT) chosen.add(random.pick(contracts));
  const fields = ({ properties }: Contract) => {
    const some = properties.filter(() => random.chance(40)).map((name) => `/${name}`);
    return some.length > 0 ? some : [`/${properties[0]}`];
  };
  const scope = random.chance(25) && { scope: { provinceCode: [random.pick(PROVINCES)] } };
  const reads = [...chosen].filter(({ stream }) => stream === undefined);
  const streams = [...chosen].filter(({ stream }) => stream !== undefined);
  return {
    ...terms(number, system, purpose),
    rate: { perSecond: 100, burst: 200 },
    quota: { perDay: 100_000 },
    ...scope,
    ...(reads.length > 0 && {
      services: reads.map((contract) => ({
        service: contract.key,
        revision: REVISION,
        fields: fields(contract),
      })),
    }),
    ...(streams.length > 0 && {
      streams: streams.map((contract) => ({
        stream: contract.stream,
        entity: contract.model,
        revision: REVISION,
        fields: fields(contract),
      })),
    }),
  };
}

if (import.meta.main) {
  const [, , directory, agreements] = process.argv;
  if (!directory) throw new Error('name a directory');
  await writeLargeCatalogue(directory, { ...LARGE, agreements: Number(agreements ?? LARGE.agreements) });
}
