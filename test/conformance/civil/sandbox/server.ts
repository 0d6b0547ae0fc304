/** The simulated registry: one birth, which changes. */
import { listen } from '../../../../deploy/sandbox/registries/http/listen.ts';
import { json, type Protocol } from '../../../../deploy/sandbox/registries/http/protocol.ts';
import type { Started, StartOptions } from '../../../../deploy/sandbox/registries/simulated.ts';

interface CivilRegistry {
  readonly birth: { readonly so: string; readonly hoTen: string; readonly maTinh: string; phienBan: number };
}

const protocolOf = ({ birth }: CivilRegistry): Protocol => ({
  refusal: json(500, { ketQua: 'TU_CHOI' }),
  open({ body }) {
    const { thaoTac = 'unknown', so, maYeuCau } = JSON.parse(body);
    const answer = () =>
      json(200, so === birth.so ? { ketQua: 'CO', duLieu: birth } : { ketQua: 'KHONG_CO' });
    return { operation: thaoTac, ids: { maYeuCau }, answer };
  },
});

export async function start({ host, port }: StartOptions): Promise<Started<CivilRegistry>> {
  const birth = { so: 'KHAI_SINH-3', hoTen: 'Nguyễn Thị Mẫu', maTinh: '01', phienBan: 3 };
  const server = await listen({
    host,
    port,
    protocol: protocolOf({ birth }),
    applyChange() {
      birth.phienBan += 1;
      const occurredAt = new Date().toISOString();
      return { subject: birth.so, version: birth.phienBan, occurredAt, changedFields: [], record: birth };
    },
  });
  return { registry: { birth }, server };
}
