/** The population registry of the sandbox. */
import { defineSimulated } from '../simulated.ts';
import { populationCredentials, SERVICE_PATH } from './credentials.ts';

export const population = defineSimulated({
  name: 'population',
  about: 'simulated, SOAP',
  port: 8101,
  system: 'G01.dancu',
  /** `url` is the one to post to. */
  connectionTo: (baseUrl) => ({ url: `${baseUrl}${SERVICE_PATH}`, ...populationCredentials }),
  variables: ({ url, user, secret, apiKey, roadClient }) => ({
    POPULATION_URL: url,
    POPULATION_USER: user,
    POPULATION_SECRET: secret,
    POPULATION_API_KEY: apiKey,
    POPULATION_ROAD_CLIENT: roadClient,
  }),
  server: () => import('./server.ts'),
  samples: () => import('./samples.ts'),
  provider: () => import('./provider.ts'),
});
