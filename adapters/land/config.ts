/** How the land registries are configured and connected: one upstream for each province. */
import { isFieldValue, isHttpUrl } from '../config/parsers.ts';
import { defineRegistry } from '../config/registry.ts';
import type { Report } from '../config/variables.ts';
import { readStrictJson } from '../values/strict-json.ts';
import type { LandSettings } from './adapter.ts';

type Upstreams = LandSettings['upstreams'];

export const land = defineRegistry({
  name: 'land',
  title: 'Land registries',
  offer: {
    operations: ['land.parcel.lookup@1', 'land.parcel.find-by-owner@1', 'land.parcel.boundary@1'],
    writes: ['land.parcel.register-transfer@1'],
    scans: ['parcel@1'],
    journal: [],
  },
  connectedBy: 'LAND_UPSTREAMS',
  variables: [
    {
      name: 'LAND_UPSTREAMS',
      default: undefined,
      about: 'JSON { "01": { "url", "apiKey" }, … } by province; unset: its services answer 503',
      secret: true,
      parse: readUpstreams,
    },
  ],
  read(read, country): LandSettings | undefined {
    const upstreams = read.value('LAND_UPSTREAMS');
    if (upstreams === undefined) return undefined;
    return { upstreams, provinceOfCommune: country.provinceOfCommune('LAND_UPSTREAMS') };
  },
  load: async () => ({ connect: (await import('./adapter.ts')).createLandAdapter }),
});

function readUpstreams(text: string, report: Report): Upstreams | undefined {
  const upstreams = parseJson(text);
  if (isUpstreams(upstreams)) return upstreams;
  return report.fail('must be JSON { "01": { "url", "apiKey" }, … }');
}

function isUpstreams(value: unknown): value is Upstreams {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const entries = Object.entries(value as Upstreams);
  return (
    entries.length > 0 && entries.every(([code, upstream]) => /^\d{2}$/.test(code) && isUpstream(upstream))
  );
}

function isUpstream(value: Partial<Upstreams[string]> | null): boolean {
  const { url, apiKey } = value ?? {};
  return (
    typeof url === 'string' &&
    isHttpUrl(url) &&
    typeof apiKey === 'string' &&
    apiKey !== '' &&
    isFieldValue(apiKey)
  );
}

/** Strict: plain JSON.parse would silently drop the first of two entries for one province. */
function parseJson(text: string): unknown {
  try {
    return readStrictJson(Buffer.from(text)).value;
  } catch {
    return undefined;
  }
}
