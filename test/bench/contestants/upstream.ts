/** The upstream asked directly: what it and the load generator can do together is the ceiling of the others. */
import { enterpriseCodes, upstreamEnterprise } from '../records/enterprise.ts';
import { type Contestant, httpRequest } from './contestant.ts';

/** Where the upstream has an enterprise. */
export const ENTERPRISE_PATH = '/apiCSDLDKDN/chiTietDoanhNghiep?msdn=';

/** How the upstream is asked for enterprises, directly or by one that passes everything through. */
export function upstreamContestant(
  name: string,
  address: { pid: number; port: number },
  records: number,
): Contestant {
  const codes = enterpriseCodes(records);
  const requests = codes.map((code) =>
    httpRequest('GET', ENTERPRISE_PATH + code, { Authorization: 'Bearer bench', Accept: 'application/json' }),
  );
  return {
    name,
    ...address,
    requests: async () => requests,
    fault: (request, body) =>
      body === upstreamEnterprise(codes[request]!) ? undefined : 'the answer is not what the upstream sent',
  };
}
