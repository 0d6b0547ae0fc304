/** The contracts of a gateway under test: those of this package, and beside them what the test adds. */
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { demoSystems } from '../../deploy/sandbox/demo-systems.ts';
import type { AgreementSource } from '../../gateway/catalog/compile/agreement.ts';
import { packageDirectories } from './contracts.ts';

/** An agreement that a test adds; what it leaves out is the least that is valid. Its consumer's agency is made. */
export type TestAgreement = Pick<AgreementSource, 'agreement' | 'consumer'> & Partial<AgreementSource>;

/** The contracts that a test adds to those of this package. */
export interface AddedContracts {
  readonly agreements?: readonly TestAgreement[];
  /** Systems that have no agreement, beside those of the sandbox and those that agreements name. */
  readonly systems?: readonly string[];
  /** Members of systems' contracts beside id and name (`binding`), for systems that the test adds. */
  readonly contracts?: Readonly<Record<string, object>>;
}

/** The systems that a test names and the sandbox does not have. */
export function addedSystems({ agreements = [], systems = [] }: AddedContracts): string[] {
  const demo: ReadonlySet<string> = new Set(demoSystems);
  const named = [...agreements.map(({ consumer }) => consumer), ...systems];
  return [...new Set(named)].filter((system) => !demo.has(system));
}

/** Writes this package's contracts, and files for what the test adds (JSON is YAML). */
export async function writeContracts(
  directory: string,
  systems: readonly string[],
  { agreements = [], contracts = {} }: AddedContracts,
): Promise<void> {
  await cp(packageDirectories.contractsDir, directory, { recursive: true });
  const byAgency = Map.groupBy(systems, (system) => system.slice(0, system.lastIndexOf('.')));
  for (const [agency, members] of byAgency) {
    const file = {
      agency,
      name: { vi: agency, en: agency },
      systems: members.map((system) => ({
        system,
        name: { vi: system, en: system },
        ...contracts[system],
      })),
    };
    await writeFile(join(directory, 'agencies', `${agency}-test.yaml`), JSON.stringify(file));
  }
  await mkdir(join(directory, 'agreements'), { recursive: true });
  for (const agreement of agreements) {
    const file = {
      title: { vi: 'Thử nghiệm', en: 'Test' },
      purposes: ['thu-nghiem'],
      legalBasis: ['Nghị định 278/2025/NĐ-CP'],
      validFrom: '2026-01-01',
      validUntil: '2099-12-31',
      requiredHeaders: [],
      ...agreement,
    };
    await writeFile(join(directory, 'agreements', `${agreement.agreement}.yaml`), JSON.stringify(file));
  }
}
