/** The land registries of the sandbox: one server, with a base path for each province. */
import { defineSimulated } from '../simulated.ts';
import { CENTRAL_MERIDIANS } from './cadastre.ts';
import { landApiKeys } from './credentials.ts';

interface LandUpstream {
  url: string;
  apiKey: string;
  /** Degrees; of the VN-2000 zone of the coordinates. */
  centralMeridian: number;
}

export const land = defineSimulated({
  name: 'land',
  about: 'simulated, REST, one upstream per province',
  port: 8103,
  system: 'G13.datdai',
  /** By province code. */
  connectionTo: (baseUrl): { upstreams: Record<string, LandUpstream> } => ({
    upstreams: Object.fromEntries(
      Object.entries(landApiKeys).map(([province, apiKey]) => {
        const centralMeridian = Number(CENTRAL_MERIDIANS[province]);
        return [province, { url: `${baseUrl}/${province}`, apiKey, centralMeridian }];
      }),
    ),
  }),
  variables: ({ upstreams }) => ({ LAND_UPSTREAMS: JSON.stringify(upstreams) }),
  server: () => import('./server.ts'),
  samples: () => import('./samples.ts'),
  provider: () => import('./provider.ts'),
});
