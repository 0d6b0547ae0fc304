/** Calls the gateway by the types that openapi-typescript made, and prints what they hold. */
import createClient from 'openapi-fetch';
import type { paths } from './api.d.ts';

const { url, token, purpose, personalId, provinceCode, ...parcel } = JSON.parse(
  process.env.INPUT ?? '',
) as Record<
  'url' | 'token' | 'purpose' | 'personalId' | 'provinceCode' | 'communeCode' | 'mapSheet' | 'parcelNumber',
  string
>;
const client = createClient<paths>({ baseUrl: url, headers: { authorization: `Bearer ${token}` } });
const header = { 'X-Purpose': purpose };

/** The answer, which is there. */
function sure<T>({ data, error }: { data?: T; error?: unknown }): T {
  if (data === undefined) throw new Error(JSON.stringify(error));
  return data;
}

const lookUp = (id: string) =>
  client.POST('/v1/population/persons/lookup', { params: { header }, body: { personalId: id } });
const person = sure(await lookUp(personalId));
const enterprises = sure(
  await client.GET('/v1/business/enterprises', { params: { header, query: { provinceCode, pageSize: 3 } } }),
);
const boundary = sure(
  await client.GET('/v1/land/parcels/{communeCode}/{mapSheet}/{parcelNumber}/boundary', {
    params: { header, path: parcel },
  }),
);
const parcels = sure(
  await client.POST('/v1/land/parcels/find-by-owner', { params: { header }, body: { personalId } }),
);
const page = sure(
  await client.GET('/v1/changes/{registry}', {
    params: { path: { registry: 'business' }, query: { limit: 3 } },
  }),
);
if (typeof page === 'string') throw new Error('a stream, and not a page');
const events = page.data.map((event) => {
  if (event.type === 'vn.lienthong.business.enterprise.created.v1') return event;
  if (event.type === 'vn.lienthong.business.enterprise.updated.v1') return event;
  throw new Error(event.type);
});
const services = sure(await client.GET('/v1/catalog/services'));
const subscriptions = sure(await client.GET('/v1/subscriptions'));
const wrong = await lookUp('1');
if (wrong.error === undefined) throw new Error('taken');

const typed: {
  person: [string?, string?, string?, number?];
  enterprises: (readonly [string | null, number | null, string | null, string | null])[];
  boundary: number[][][] | undefined;
  parcels: (readonly [string | null, number | null])[];
  events: (readonly [string, string, number, string?])[];
} = {
  person: [
    person.data.personalId,
    person.data.fullName?.familyName,
    person.data.fullName?.givenName,
    person.meta.withheld.length,
  ],
  enterprises: enterprises.data.map(
    (one) =>
      [
        one.enterpriseCode ?? null,
        one.charterCapital ?? null,
        one.foundingDate ?? null,
        one.status ?? null,
      ] as const,
  ),
  boundary: boundary.data.geometry?.coordinates,
  parcels: parcels.data.map((one) => [one.communeCode ?? null, one.area ?? null] as const),
  events: events.map(
    ({ sequence, data }) => [sequence, data.operation, data.version, data.state?.name] as const,
  ),
};
console.log(
  JSON.stringify({
    ...typed,
    services: services.data.services.filter(({ allowed }) => allowed).map(({ service }) => service),
    subscriptions: subscriptions.data.length,
    problem: [wrong.error.status, wrong.error.code],
  }),
);
