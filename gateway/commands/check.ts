/** `lienthong check`: every error of the catalogue, with file, line and reason; nothing is started. */
import { parseArgs } from 'node:util';
import { builtInOffers } from '../../adapters/offers.ts';
import { CatalogError, formatFinding } from '../catalog/compile.ts';
import { loadCatalog } from '../catalog/load.ts';
import { catalogDirectories } from '../config.ts';
import type { Command } from './command.ts';

export const command: Command = {
  summary: 'check contracts, agreements and agencies without starting',
  usage: 'lienthong check [--contracts DIR] [--schemas DIR]',
  async run(args) {
    const { values } = parseArgs({
      args,
      options: { contracts: { type: 'string' }, schemas: { type: 'string' } },
    });
    const directories = catalogDirectories();
    try {
      const catalog = await loadCatalog(
        {
          ...directories,
          contractsDir: values.contracts ?? directories.contractsDir,
          schemasDir: values.schemas ?? directories.schemasDir,
        },
        builtInOffers,
      );
      for (const warning of catalog.warnings) console.error(`${formatFinding(warning)} (warning)`);
      console.log(
        `ok: ${catalog.services.size} services, ${catalog.streams.size} streams, ${catalog.agencies.size} agencies, ${catalog.systems.size} systems, ${catalog.agreements.size} agreements`,
      );
      return 0;
    } catch (error) {
      if (!(error instanceof CatalogError)) throw error;
      for (const finding of error.findings) console.error(formatFinding(finding));
      console.error(`${error.findings.length} error(s)`);
      return 1;
    }
  },
};
