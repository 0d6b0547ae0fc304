/**
 * The business registry whose changes are pushed, as its adapter sees it (docs/registries.md): it lists its records, each
 * as it is after the last change that was sent. What a copy is checked against comes from here.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Enterprise } from './history.ts';

export interface Registry {
  readonly url: string;
  /** The state of a record from now on; `null`: there is none. Its version is its number of changes. */
  set(code: string, data: Enterprise | null): void;
  close(): Promise<void>;
}

const TOKEN = 'fault-test';
const STATUSES = ['active', 'suspended', 'dissolving', 'dissolved'];

/** @param codes of all enterprises that there will ever be */
export async function openRegistry(codes: readonly string[]): Promise<Registry> {
  const order = codes.toSorted();
  const records = new Map<string, Enterprise>();

  function list(after: string, limit: number): object {
    const rest = order.filter((code) => code > after && records.has(code));
    if (rest.length === 0) return { DataCount: 0, Status: '0', Message: 'Không tìm thấy dữ liệu' };
    const page = rest.slice(0, limit).map((code) => recordOf(records.get(code)!));
    return { DataCount: rest.length, Status: '1', Message: '', Data: page };
  }

  const server = createServer((request, response) => {
    request.resume();
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://registry');
    const answer = pathname.endsWith('/token')
      ? { access_token: TOKEN, token_type: 'Bearer', expires_in: 3600 }
      : list(searchParams.get('sau') ?? '', Number(searchParams.get('limit')));
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(answer));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    set(code, data) {
      if (data) records.set(code, data);
      else records.delete(code);
    },
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function recordOf(data: Enterprise): object {
  const { headOffice, activities, members } = data;
  return {
    MainInformation: {
      ENTERPRISE_ID: data.registrationId,
      ENTERPRISE_GDT_CODE: data.enterpriseCode,
      NAME: data.name,
      SHORT_NAME: data.shortName,
      NAME_F: data.foreignName ?? null,
      NUMBER_CHANGES: data.numberOfChanges,
      ENTERPRISE_STATUS: String(STATUSES.indexOf(data.status) + 1),
      LEGAL_NAMES: data.legalRepresentatives.map(({ fullName }) => fullName).join(';'),
      CAPITAL_AMOUNT: String(data.charterCapital),
    },
    HOAdress: {
      CityID: headOffice.provinceCode,
      WardID: headOffice.communeCode,
      StreetNumber: headOffice.street,
    },
    BusinessActivity: activities.map(({ code, name, main }) => ({
      CODE: code,
      NAME: name,
      IS_MAIN: main ? 'Y' : 'N',
    })),
    Member: members.map(({ name, amount, ratioPercent, country }) => ({
      ...{ MEMBER_NAME: name, AMOUNT: String(amount), RATIO_PERCENT: ratioPercent, COUNTRY: country },
    })),
  };
}
