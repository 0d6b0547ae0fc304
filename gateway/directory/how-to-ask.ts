/**
 * How an agency gets an agreement that it does not have: which agencies to ask, and the legal basis on which they must
 * answer. The agency that publishes a registry's changes holds the registry.
 */
import type { Agency, Catalog, Contact } from '../catalog/catalog.ts';

export interface HowToAsk {
  readonly agencies: readonly {
    readonly code: string;
    readonly name: Agency['name'];
    readonly contact?: Contact;
  }[];
  readonly legalBasis: readonly string[];
  readonly text: { readonly vi: string; readonly en: string };
}

/** Sharing is mandatory; a refusal is in writing with its reason; a connection account takes two working days. */
const legalBasis: readonly string[] = [
  'Nghị định 278/2025/NĐ-CP',
  'Nghị định 194/2025/NĐ-CP, Điều 16',
  'Nghị định 194/2025/NĐ-CP, Điều 40',
];

const text = {
  vi: 'Gửi đề nghị chia sẻ dữ liệu bằng văn bản tới cơ quan chủ quản cơ sở dữ liệu: nêu hệ thống, dịch vụ, trường dữ liệu, mục đích và căn cứ pháp lý. Từ chối phải bằng văn bản, nêu rõ lý do và căn cứ.',
  en: 'Send a written request to the agency that holds the registry, naming the system, the service, the fields, the purpose and the legal basis. A refusal is in writing, with its reason and basis.',
};

const known = new WeakMap<Catalog, ReadonlyMap<string, HowToAsk>>();
const nobody: HowToAsk = { agencies: [], legalBasis, text };

/** For the data of a registry. */
export function howToAsk(catalog: Catalog, registry: string): HowToAsk {
  let byRegistry = known.get(catalog);
  if (!byRegistry) {
    byRegistry = new Map(
      [...holders(catalog)].map(([name, agencies]) => [
        name,
        { agencies: [...agencies].map(introduce), legalBasis, text },
      ]),
    );
    known.set(catalog, byRegistry);
  }
  return byRegistry.get(registry) ?? nobody;
}

/** The agencies that hold each registry. */
export function holders(catalog: Catalog): Map<string, Set<Agency>> {
  const found = new Map<string, Set<Agency>>();
  for (const [systemId, grants] of catalog.grants) {
    const system = catalog.systems.get(systemId);
    for (const [grant] of grants.values()) {
      if (!system || grant?.service.kind !== 'publish') continue;
      const { registry } = grant.service;
      found.set(registry, (found.get(registry) ?? new Set()).add(system.agency));
    }
  }
  return found;
}

function introduce({ code, name, contact }: Agency): HowToAsk['agencies'][number] {
  return { code, name, ...(contact && { contact }) };
}
