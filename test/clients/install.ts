/** Fetches what the tests in this folder need of PyPI, Maven and Go: `node test/clients/install.ts`. */
import { oauthClassPath, oauthGo, pythonLibraries } from './oauth/tools.ts';
import { goEnvironment, javaJars, npmPackages, python } from './tools.ts';

await Promise.all([goEnvironment(), javaJars(), npmPackages(), python()]);
await Promise.all([pythonLibraries(), oauthClassPath(), oauthGo()]);
