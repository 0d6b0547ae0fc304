/** The business registry of the sandbox. */
import { defineSimulated } from '../simulated.ts';
import { businessCredentials } from './credentials.ts';

export const business = defineSimulated({
  name: 'business',
  about: 'simulated, REST with an opaque token',
  port: 8102,
  system: 'G12.dkkd',
  connectionTo: (baseUrl) => ({ url: baseUrl, ...businessCredentials }),
  variables: ({ url, consumerKey, consumerSecret }) => ({
    BUSINESS_URL: url,
    BUSINESS_CONSUMER_KEY: consumerKey,
    BUSINESS_CONSUMER_SECRET: consumerSecret,
  }),
  server: () => import('./server.ts'),
  samples: () => import('./samples.ts'),
  provider: () => import('./provider.ts'),
});
