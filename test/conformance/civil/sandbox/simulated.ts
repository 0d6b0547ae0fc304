/** The civil status registry, simulated, as a folder of the sandbox says it. */
import { defineSimulated } from '../../../../deploy/sandbox/registries/simulated.ts';

export const civil = defineSimulated({
  name: 'civil',
  about: 'simulated, JSON posted to one address',
  port: 8104,
  system: 'G15.hotich',
  connectionTo: (baseUrl) => ({ url: baseUrl, apiKey: 'civil-demo-key' }),
  variables: ({ url, apiKey }) => ({ CIVIL_URL: url, CIVIL_API_KEY: apiKey }),
  server: () => import('./server.ts'),
  samples: () => import('./samples.ts'),
  provider: () => import('./provider.ts'),
});
