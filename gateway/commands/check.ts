/** `lienthong check`: every error of the catalogue, with file, line and reason; starts nothing. */
import { createCompiler } from '../catalog/compile/compile.ts';
import { compareEndings } from '../catalog/diff/endings.ts';
import { renderEnding } from '../catalog/diff/render-ending.ts';
import { termWarnings } from '../catalog/diff/term-endings.ts';
import { loadCatalog, readSources } from '../catalog/live/load.ts';
import { CatalogError, formatFinding } from '../catalog/read/catalog-error.ts';
import { catalogDirectories } from '../config/config.ts';
import { builtInOffers } from '../registries.ts';
import type { Command } from './terminal/command.ts';
import { readOptions } from './terminal/options.ts';

export const command: Command = {
  usage: `lienthong check [--contracts DIR] [--schemas DIR] [--replaces DIR]
       Agreements that have ended, or end within 30 days, are warnings. With --replaces, the contracts that are in use
       now, so is what the new ones end in their place. Warnings do not change the exit status.`,
  async run(args) {
    const { values } = readOptions({
      args,
      options: {
        contracts: { type: 'string' },
        schemas: { type: 'string' },
        replaces: { type: 'string' },
      },
    });
    const configured = catalogDirectories();
    const directories = {
      ...configured,
      contractsDir: values.contracts ?? configured.contractsDir,
      schemasDir: values.schemas ?? configured.schemasDir,
    };
    try {
      const sources = await readSources(directories);
      const catalog = await createCompiler(builtInOffers).compile(sources);
      const now = Date.now();
      const terms = termWarnings(catalog, sources.agreements, now);
      const warnings = [...catalog.warnings, ...terms].map(formatFinding);
      if (values.replaces !== undefined) {
        const inUse = await loadCatalog({ ...directories, contractsDir: values.replaces });
        warnings.push(
          ...compareEndings(inUse, catalog, now).map((ending) => renderEnding(ending).join(', ')),
        );
      }
      for (const warning of warnings) console.error(`${warning} (warning)`);
      const { services, streams, agencies, systems, agreements } = catalog;
      console.log(
        `ok: ${services.size} services, ${streams.size} streams, ${agencies.size} agencies, ${systems.size} systems, ${agreements.size} agreements${warnings.length > 0 ? `; ${warnings.length} warning(s)` : ''}`,
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
