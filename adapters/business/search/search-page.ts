import { fillPage, type Part } from '../../pages/fill-page.ts';
import { asSource, type Source } from '../../records/mapping.ts';
import { count, readPart } from '../../records/none.ts';
import type { Ask } from '../ask.ts';
import { type AskPage, codesOf } from './search-section.ts';

/** Reads pages of `timKiemDoanhNghiep` for one call. */
export function createAskPage(get: Ask, call: Parameters<Ask>[1]): AskPage {
  /** Returns as many rows as the registry gives at a time. */
  async function askPart(
    name: string,
    province: string,
    offset: number,
    limit: number,
  ): Promise<Part<Source>> {
    const envelope = await get(
      `timKiemDoanhNghiep?ten=${encodeURIComponent(name)}&maTinh=${encodeURIComponent(province)}` +
        `&offset=${offset}&limit=${limit}`,
      call,
    );
    if (!envelope) return { items: [], total: 0 };
    const total = count(envelope.DataCount, 'DataCount');
    const items = readPart(envelope.Data, total - offset, limit, 'Data');
    return { items: items.map((item) => asSource(item, 'Data')), total };
  }

  return async (name, province, offset, limit) => {
    const { items: page, total } = await fillPage((from, most) => askPart(name, province, from, most), {
      ...{ offset, limit, fields: ['Data', 'DataCount'] },
      keyOf: (row) => {
        const { code } = codesOf(row);
        return typeof code === 'string' ? code : undefined;
      },
    });
    return { page, total };
  };
}
