/** The contracts of the run: the services of this package, one provider, and the agreements of `agreements.ts`. */
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JWK } from 'jose';
import { ensureSystemKeys } from '../../../deploy/sandbox/demo-systems.ts';
import { agreements, PROVIDER, PROVIDER_AGREEMENT, type TestAgreement } from './agreements.ts';

const SERVICES = join(import.meta.dirname, '..', '..', '..', 'contracts', 'services');

export interface Catalogue {
  readonly contractsDir: string;
  /** Public keys of the systems; the gateway may read all that is in there. */
  readonly clientKeysDir: string;
  privateKey(system: string): Promise<JWK>;
  privateKeyFile(system: string): string;
  /** Changes words that grant nothing: the gateways read it again. */
  amend(): Promise<void>;
}

/** Writes it below `directory`. */
export async function writeCatalogue(directory: string): Promise<Catalogue> {
  const contractsDir = join(directory, 'contracts');
  const clientKeysDir = join(directory, 'client-keys');
  const keysDir = join(directory, 'keys');
  const consumers: readonly TestAgreement[] = Object.values(agreements);
  const systems = [PROVIDER, ...consumers.map(({ consumer }) => consumer)];
  await cp(SERVICES, join(contractsDir, 'services'), { recursive: true });
  await ensureSystemKeys(systems, keysDir, clientKeysDir);
  const write = async (folder: string, name: string, content: object) => {
    await mkdir(join(contractsDir, folder), { recursive: true });
    // YAML holds JSON.
    await writeFile(join(contractsDir, folder, `${name}.yaml`), JSON.stringify(content));
  };
  for (const system of systems) {
    const agency = system.slice(0, system.indexOf('.'));
    await write('agencies', agency, {
      agency,
      name: text(agency),
      systems: [{ system, name: text(system) }],
    });
  }
  await write('agreements', PROVIDER_AGREEMENT, {
    ...terms(PROVIDER_AGREEMENT, PROVIDER),
    services: [{ service: 'business.changes.publish@1', fields: [''] }],
  });
  for (const { agreement, consumer, fields, provinces } of consumers) {
    await write('agreements', agreement, {
      ...terms(agreement, consumer),
      ...(provinces && { scope: { provinceCode: provinces } }),
      streams: [{ stream: 'business.changes.read', entity: 'enterprise', fields }],
    });
  }
  const keyFile = (system: string) => join(keysDir, `${system}.jwk.json`);
  let edition = 1;
  return {
    contractsDir,
    clientKeysDir,
    async amend() {
      edition += 1;
      const { agreement, consumer } = agreements.taxes;
      const file = await readFile(join(contractsDir, 'agreements', `${agreement}.yaml`), 'utf8');
      await write('agreements', agreement, { ...JSON.parse(file), ...terms(agreement, consumer, edition) });
    },
    privateKey: async (system) => JSON.parse(await readFile(keyFile(system), 'utf8')),
    privateKeyFile: keyFile,
  };
}

const text = (words: string) => ({ vi: words, en: words });

const terms = (agreement: string, consumer: string, edition = 1) => ({
  agreement,
  title: text(`Fault test, edition ${edition}`),
  consumer,
  purposes: ['thu-nghiem'],
  legalBasis: ['Nghị định 278/2025/NĐ-CP'],
  validFrom: '2026-01-01',
  validUntil: '2099-12-31',
  requiredHeaders: [],
});
