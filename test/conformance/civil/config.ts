/** How the civil status registry is configured and connected, as a registry's folder says it. */
import { httpUrl, secret } from '../../../adapters/config/parsers.ts';
import { defineRegistry } from '../../../adapters/config/registry.ts';

export const civil = defineRegistry({
  name: 'civil',
  title: 'Civil status registry',
  offer: {
    operations: ['civil.birth.lookup@1'],
    writes: [],
    scans: ['birth@1', 'death@1'],
    journal: [],
  },
  connectedBy: 'CIVIL_URL',
  variables: [
    {
      name: 'CIVIL_URL',
      default: undefined,
      about: 'address of the civil status registry; unset: its services answer 503',
      parse: httpUrl,
    },
    {
      name: 'CIVIL_API_KEY',
      default: '',
      about: 'its key; required with its URL',
      secret: true,
      parse: secret,
    },
  ],
  read(read): { readonly url: string; readonly apiKey: string } | undefined {
    const url = read.value('CIVIL_URL');
    if (url === undefined) return undefined;
    return { url, apiKey: read.required('CIVIL_API_KEY', 'is required with CIVIL_URL') };
  },
  async load() {
    const { createCivilAdapter } = await import('./adapter.ts');
    return { connect: ({ url }, options) => createCivilAdapter(url, options) };
  },
});
