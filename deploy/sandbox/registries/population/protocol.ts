import { type Exchange, type ParsedRequest, type Protocol, type Reply, text } from '../http/protocol.ts';
import { isAuthentic } from './authenticate.ts';
import { renderPerson } from './cong-dan.ts';
import { populationRefusals, SERVICE_PATH } from './credentials.ts';
import { findPerson, formError } from './criteria.ts';
import type { PopulationRegistry } from './registry.ts';
import { registerResidence, renderReceipt } from './residence.ts';
import {
  COLLECTION_NAMESPACE,
  parseSoap,
  SERVICE_NAMESPACE,
  type SoapRequest,
  soapAnswer,
  soapFault,
} from './soap.ts';

interface Operation {
  /** `MaTichHop` that names it. */
  readonly integration: string;
  /** Elements that it must have, beside those of every request. */
  readonly needs: readonly string[];
  content(registry: PopulationRegistry, request: SoapRequest): string;
}

const OPERATIONS: Readonly<Record<string, Operation>> = {
  TraCuuThongTinCongDan: {
    integration: '037',
    needs: [],
    content: (registry, request) => {
      const person = findPerson(registry, request);
      return `<CongdanCollection xmlns="${COLLECTION_NAMESPACE}">${person === undefined ? '' : renderPerson(registry, person)}</CongdanCollection>`;
    },
  },
  XacThucThongTinCongDan: {
    integration: '038',
    needs: [],
    content: (registry, request) => `<TonTai>${findPerson(registry, request) !== undefined}</TonTai>`,
  },
  DangKyThuongTru: {
    integration: '041',
    needs: ['SoDinhDanh', 'ThuongTru'],
    content: (registry, request) =>
      renderReceipt(registry, String(request.fields.MaYeuCau), registerResidence(registry, request)),
  },
  TraCuuKetQuaYeuCau: {
    integration: '049',
    needs: ['MaYeuCauGoc'],
    content: (registry, { fields }) => {
      const id = String(fields.MaYeuCauGoc);
      return renderReceipt(registry, id, registry.receipts.get(id));
    },
  },
};

/** The elements of a request that the statistics keep: the ones that say nothing about a person. */
const TRACED = ['MaYeuCau', 'MaYeuCauGoc', 'MaDVC', 'MaTichHop', 'MaCanBo', 'MaDonVi'] as const;

const OFFICER_NOT_PERMITTED = soapFault('Cán bộ không được phép tra cứu', '005');
const PROCEDURE_NOT_LICENSED = soapFault('Dịch vụ công chưa được cấp phép khai thác dữ liệu dân cư', '004');

/** SOAP 1.1: `docs/registries.md`, "Population". */
export function populationProtocol(registry: PopulationRegistry): Protocol {
  return {
    refusal: OFFICER_NOT_PERMITTED,
    open(exchange): ParsedRequest {
      const request =
        exchange.method === 'POST' && exchange.path === SERVICE_PATH ? parseSoap(exchange.body) : undefined;
      return {
        operation: request?.operation ?? 'unknown',
        ids: traced(request),
        answer: () => answer(registry, exchange, request),
      };
    },
  };
}

function answer(registry: PopulationRegistry, exchange: Exchange, request: SoapRequest | undefined): Reply {
  if (exchange.path !== SERVICE_PATH) return text(404, 'Not Found');
  if (exchange.method !== 'POST') return { ...text(405, 'Method Not Allowed'), headers: { allow: 'POST' } };
  if (!isAuthentic(exchange)) return text(401, 'Unauthorized');
  if (!exchange.headers['content-type']?.startsWith('text/xml')) return text(415, 'Unsupported Media Type');
  if (request === undefined) return soapFault('Thông điệp không phải SOAP 1.1 hợp lệ');
  const operation = Object.hasOwn(OPERATIONS, request.operation) ? OPERATIONS[request.operation] : undefined;
  if (operation === undefined) return soapFault('Không có dịch vụ này');
  if (exchange.headers.soapaction !== `"${SERVICE_NAMESPACE}/${request.operation}"`)
    return soapFault('SOAPAction không khớp');
  const error = formError(request, operation.needs);
  if (error !== undefined) return soapFault(error, '001');
  if (request.fields.MaTichHop !== operation.integration)
    return soapFault('MaTichHop không khớp với dịch vụ', '002');
  if (request.fields.MaDVC === populationRefusals.procedure) return PROCEDURE_NOT_LICENSED;
  if (request.fields.MaCanBo === populationRefusals.officer) return OFFICER_NOT_PERMITTED;
  return soapAnswer(request.operation, operation.content(registry, request));
}

function traced(request: SoapRequest | undefined): Record<string, string> {
  const ids: Record<string, string> = {};
  for (const name of TRACED) {
    const value = request?.fields[name];
    if (typeof value === 'string') ids[name] = value;
  }
  return ids;
}
