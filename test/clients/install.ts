/** Fetches what the tests in this folder generate clients with: `node test/clients/install.ts`. */
import { goEnvironment, javaJars, npmPackages, python } from './tools.ts';

await Promise.all([goEnvironment(), javaJars(), npmPackages(), python()]);
