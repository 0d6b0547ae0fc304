/** How the business registry is configured, connected and polled. */
import { basicUser, httpUrl, seconds, secret } from '../config/parsers.ts';
import { defineRegistry } from '../config/registry.ts';
import type { BusinessCredentials } from './adapter.ts';

interface BusinessSettings extends BusinessCredentials {
  /** Milliseconds between looks at the journal; `undefined`: its provider pushes. */
  readonly pollEvery: number | undefined;
}

const WITH_URL = 'is required with BUSINESS_URL';

export const business = defineRegistry({
  name: 'business',
  title: 'Business registry',
  offer: {
    operations: ['business.enterprise.lookup@1', 'business.enterprise.search@1'],
    writes: [],
    scans: ['enterprise@1'],
    journal: ['enterprise@1'],
  },
  connectedBy: 'BUSINESS_URL',
  variables: [
    {
      name: 'BUSINESS_URL',
      default: undefined,
      about: 'base URL of the business registry; unset: its services answer 503',
      parse: httpUrl,
    },
    {
      name: 'BUSINESS_CONSUMER_KEY',
      default: '',
      about: 'OAuth consumer key; required with its URL',
      parse: basicUser,
    },
    {
      name: 'BUSINESS_CONSUMER_SECRET',
      default: '',
      about: 'OAuth consumer secret; required with its URL',
      secret: true,
      parse: secret,
    },
    {
      name: 'BUSINESS_POLL_SECONDS',
      default: undefined,
      about:
        'how often to read its journal for changes, 5 to 900; empty: not at all, because its provider pushes them',
      parse: seconds(5, 900),
    },
  ],
  read(read): BusinessSettings | undefined {
    // An invalid number is refused even when it has no effect.
    const pollEvery = read.value('BUSINESS_POLL_SECONDS');
    const url = read.value('BUSINESS_URL');
    if (url === undefined) return undefined;
    return {
      url,
      consumerKey: read.required('BUSINESS_CONSUMER_KEY', WITH_URL),
      consumerSecret: read.required('BUSINESS_CONSUMER_SECRET', WITH_URL),
      pollEvery,
    };
  },
  load: async () => ({ connect: (await import('./adapter.ts')).createBusinessAdapter }),
  pollEvery: ({ pollEvery }) => pollEvery,
});
