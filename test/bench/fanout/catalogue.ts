/**
 * Five agencies that keep copies of the business registry, each under an agreement of its own, which grants all of its
 * systems other fields or rows than the next. Beside them, what the other parts of the benchmark have.
 */
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JWK } from 'jose';
import { generateKey } from '../../../gateway/client/client.ts';
import { type Catalogue, PURPOSE } from '../catalogue.ts';
import { GRANTED } from '../records/enterprise.ts';
import { PROVINCES } from './changes.ts';

/** Systems of each agency, which stand for so many streams and webhooks. */
const SYSTEMS = 5;

/** An agreement of one agency, which grants something of every enterprise in some provinces. */
export interface FollowedAgreement {
  readonly number: string;
  readonly provinces: readonly string[];
  readonly systems: readonly { readonly system: string; readonly privateJwk: JWK }[];
}

export interface FanoutCatalogue extends Pick<Catalogue, 'contractsDir'> {
  readonly agreements: readonly FollowedAgreement[];
}

/** Each grants the capital, by which an event's change is identified. */
const grants: readonly { readonly fields: readonly string[]; readonly provinces?: readonly string[] }[] = [
  { fields: [''] },
  { fields: GRANTED },
  { fields: ['/enterpriseCode', '/name', '/status', '/numberOfChanges', '/charterCapital'] },
  { fields: GRANTED.filter((field) => !field.startsWith('/members')) },
  { fields: GRANTED, provinces: PROVINCES.slice(1) },
];

/** @param given is copied, and stays as it is */
export async function writeFanoutCatalogue(
  directory: string,
  given: Pick<Catalogue, 'contractsDir'>,
): Promise<FanoutCatalogue> {
  const contractsDir = join(directory, 'contracts');
  await mkdir(directory, { recursive: true });
  await cp(given.contractsDir, contractsDir, { recursive: true });
  const write = (folder: string, name: string, content: object) =>
    writeFile(join(contractsDir, folder, `${name}.yaml`), JSON.stringify(content, null, 2));
  const text = (words: string) => ({ vi: words, en: words });

  const agreements: FollowedAgreement[] = [];
  for (const [index, { fields, provinces }] of grants.entries()) {
    const agency = `Z8${index}`;
    const keys = await Promise.all(Array.from({ length: SYSTEMS }, () => generateKey()));
    const systems = keys.map((key, of) => ({ system: `${agency}.copy${of}`, ...key }));
    await write('agencies', agency, {
      agency,
      name: text('Benchmark'),
      systems: systems.map(({ system, publicJwk }) => ({
        ...{ system, name: text('Copy'), jwks: { keys: [publicJwk] } },
      })),
    });
    const number = `TT-2026-${agency}-01`;
    await write('agreements', number, {
      agreement: number,
      title: text('Benchmark'),
      consumer: agency,
      purposes: [PURPOSE],
      legalBasis: ['Nghị định 278/2025/NĐ-CP', 'Nghị định 194/2025/NĐ-CP, Điều 16'],
      validFrom: '2026-01-01',
      validUntil: '2099-12-31',
      requiredHeaders: [],
      ...(provinces && { scope: { provinceCode: provinces } }),
      streams: [{ stream: 'business.changes.read', entity: 'enterprise', fields }],
    });
    agreements.push({ number, provinces: provinces ?? PROVINCES, systems });
  }
  return { contractsDir, agreements };
}
