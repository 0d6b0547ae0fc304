/**
 * The benchmark's contracts: the services of this package, and one agency of its own, whose agreements name no rate
 * and grant all but a few fields, so that minimising has something to leave out. YAML holds JSON; so do these files.
 */
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JWK } from 'jose';
import { generateKey } from '../../gateway/client/client.ts';
import { type Certificate, makeCertificate } from '../support/certificates.ts';
import * as enterprise from './records/enterprise.ts';
import * as person from './records/person.ts';

const CONTRACTS = join(import.meta.dirname, '..', '..', 'contracts');

/** Calls services and reads changes. */
export const CONSUMER = 'Z99.bench';
/** Publishes the business registry's changes. */
export const PROVIDER = 'Z99.provider';

export const AGREEMENT = 'TT-2026-Z99-01';
const PROVIDER_AGREEMENT = 'TT-2026-Z99-02';
const STREAM_AGREEMENT = 'TT-2026-Z99-03';

export const PURPOSE = 'do-hieu-nang';

/** Topic of the one change stream. */
export const TOPIC = `lienthong.business.enterprise.${STREAM_AGREEMENT}.g1`;

export interface Catalogue {
  readonly contractsDir: string;
  /** By system. */
  readonly privateKeys: Readonly<Record<typeof CONSUMER | typeof PROVIDER, JWK>>;
  /** To which the consumer's tokens are bound where it shows it. */
  readonly certificate: Certificate;
}

/** Writes it below `directory`. */
export async function writeCatalogue(directory: string): Promise<Catalogue> {
  const contractsDir = join(directory, 'contracts');
  const [consumer, provider] = [await generateKey(), await generateKey()];
  const certificate = makeCertificate({ subject: [['CN', CONSUMER]] });
  await cp(join(CONTRACTS, 'services'), join(contractsDir, 'services'), { recursive: true });
  const write = async (folder: string, name: string, content: object) => {
    await mkdir(join(contractsDir, folder), { recursive: true });
    await writeFile(join(contractsDir, folder, `${name}.yaml`), JSON.stringify(content, null, 2));
  };
  const text = (words: string) => ({ vi: words, en: words });
  const terms = (agreement: string, system: string) => ({
    agreement,
    title: text('Benchmark'),
    consumer: system,
    purposes: [PURPOSE],
    legalBasis: ['Nghị định 278/2025/NĐ-CP', 'Nghị định 194/2025/NĐ-CP, Điều 16'],
    validFrom: '2026-01-01',
    validUntil: '2099-12-31',
  });

  await write('agencies', 'Z99', {
    agency: 'Z99',
    name: text('Benchmark'),
    systems: [
      {
        system: CONSUMER,
        name: text('Consumer'),
        jwks: { keys: [consumer.publicJwk] },
        certificate: { thumbprints: [certificate.thumbprint] },
      },
      { system: PROVIDER, name: text('Provider'), jwks: { keys: [provider.publicJwk] } },
    ],
  });
  await write('agreements', AGREEMENT, {
    ...terms(AGREEMENT, CONSUMER),
    requiredHeaders: ['X-Purpose', 'X-Case-Id', 'X-Officer-Id'],
    services: [
      { service: 'business.enterprise.lookup@1', fields: enterprise.GRANTED },
      { service: 'population.person.lookup@1', fields: person.GRANTED },
    ],
  });
  await write('agreements', PROVIDER_AGREEMENT, {
    ...terms(PROVIDER_AGREEMENT, PROVIDER),
    requiredHeaders: [],
    services: [{ service: 'business.changes.publish@1', fields: [''] }],
  });
  await write('agreements', STREAM_AGREEMENT, {
    ...terms(STREAM_AGREEMENT, CONSUMER),
    requiredHeaders: [],
    streams: [{ stream: 'business.changes.read', entity: 'enterprise', fields: enterprise.GRANTED }],
  });
  return {
    contractsDir,
    privateKeys: { [CONSUMER]: consumer.privateJwk, [PROVIDER]: provider.privateJwk },
    certificate,
  };
}
