/** How the population registry is configured and connected. */
import { basicUser, fieldValue, httpUrl, secret } from '../config/parsers.ts';
import { defineRegistry } from '../config/registry.ts';
import type { PopulationCredentials } from './credentials.ts';

const WITH_URL = 'is required with POPULATION_URL';

export const population = defineRegistry({
  name: 'population',
  title: 'Population registry',
  offer: {
    operations: ['population.person.lookup@1', 'population.person.verify@1'],
    writes: ['population.residence.register@1'],
    scans: [],
    journal: [],
  },
  connectedBy: 'POPULATION_URL',
  variables: [
    {
      name: 'POPULATION_URL',
      default: undefined,
      about: 'SOAP endpoint of the population registry; unset: its services answer 503',
      parse: httpUrl,
    },
    {
      name: 'POPULATION_USER',
      default: '',
      about: 'user of its Basic authentication; required with its URL',
      parse: basicUser,
    },
    {
      name: 'POPULATION_SECRET',
      default: '',
      about: 'secret of its Basic authentication; required with its URL',
      secret: true,
      parse: secret,
    },
    {
      name: 'POPULATION_API_KEY',
      default: '',
      about: 'value of its ApiKey header; required with its URL',
      secret: true,
      parse: fieldValue,
    },
    {
      name: 'POPULATION_ROAD_CLIENT',
      default: '',
      about: 'value of its X-Road-Client header',
      parse: fieldValue,
    },
  ],
  read(read): PopulationCredentials | undefined {
    const url = read.value('POPULATION_URL');
    if (url === undefined) return undefined;
    return {
      url,
      user: read.required('POPULATION_USER', WITH_URL),
      secret: read.required('POPULATION_SECRET', WITH_URL),
      apiKey: read.required('POPULATION_API_KEY', WITH_URL),
      roadClient: read.value('POPULATION_ROAD_CLIENT'),
    };
  },
  load: async () => ({ connect: (await import('./adapter.ts')).createPopulationAdapter }),
});
