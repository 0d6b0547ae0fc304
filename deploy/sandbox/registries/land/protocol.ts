import type { Exchange, Protocol, Reply } from '../http/protocol.ts';
import { landApiKeys } from './credentials.ts';
import { error, OPERATIONS } from './operations.ts';
import type { LandRegistry } from './registry.ts';

const KEYS: ReadonlyMap<string, string> = new Map(
  Object.entries(landApiKeys).map(([province, key]) => [key, province]),
);
const PATH = /^\/(\d{2})\/(.+)$/;

const NO_KEY = error(401, 'KHOA_KHONG_HOP_LE', 'Khoá truy cập không hợp lệ');
const NOT_PERMITTED = error(403, 'KHONG_CO_QUYEN', 'Không có quyền truy cập');
const NO_RESOURCE = error(404, 'KHONG_CO_DICH_VU', 'Không có dịch vụ này');

/** REST, each province under a base path of its own (`/01`): `docs/registries.md`, "Land". */
export function landProtocol(registry: LandRegistry): Protocol {
  return {
    refusal: NOT_PERMITTED,
    open(exchange) {
      const [, province = '', name = ''] = PATH.exec(exchange.path) ?? [];
      const operation = Object.hasOwn(OPERATIONS, name) ? name : 'unknown';
      return { operation, ids: { province }, answer: () => answer(registry, province, operation, exchange) };
    },
  };
}

function answer(registry: LandRegistry, province: string, name: string, exchange: Exchange): Reply {
  const key = exchange.headers['x-api-key'];
  const permitted = typeof key === 'string' ? KEYS.get(key) : undefined;
  if (permitted === undefined) return NO_KEY;
  if (permitted !== province) return NOT_PERMITTED;
  const operation = OPERATIONS[name];
  if (operation === undefined || operation.method !== exchange.method) return NO_RESOURCE;
  return operation.answer(registry, province, exchange);
}
