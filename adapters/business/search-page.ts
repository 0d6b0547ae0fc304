import { asSource, malformed, type Source } from '../mapping.ts';
import { count, readPart } from '../none.ts';
import type { Ask } from './ask.ts';
import { type AskPage, codesOf, type Page } from './search-section.ts';

/** Parts of one page, of a registry that gives fewer rows at a time than it is asked for. */
const MOST_PARTS = 20;

/** Gets pages of `timKiemDoanhNghiep` for one call. */
export function createAskPage(get: Ask, call: Parameters<Ask>[1]): AskPage {
  /** As many rows as the registry gives at a time. */
  async function askPart(name: string, province: string, offset: number, limit: number): Promise<Page> {
    const envelope = await get(
      `timKiemDoanhNghiep?ten=${encodeURIComponent(name)}&maTinh=${encodeURIComponent(province)}` +
        `&offset=${offset}&limit=${limit}`,
      call,
    );
    if (!envelope) return { page: [], total: 0 };
    const total = count(envelope.DataCount, 'DataCount');
    const page = readPart(envelope.Data, total - offset, limit, 'Data');
    return { page: page.map((item) => asSource(item, 'Data')), total };
  }

  return async (name, province, offset, limit) => {
    const rows: Source[] = [];
    let known: number | undefined;
    for (let parts = 0; parts < MOST_PARTS; parts++) {
      const { page, total } = await askPart(name, province, offset + rows.length, limit - rows.length);
      // A list that changed meanwhile, or begins anew with each part: something of it would be left out.
      if (total !== (known ?? total)) throw malformed('DataCount');
      known = total;
      const codes = new Set(rows.map((row) => codesOf(row).code));
      const isGiven = ({ code }: ReturnType<typeof codesOf>) => typeof code === 'string' && codes.has(code);
      if (page.some((row) => isGiven(codesOf(row)))) throw malformed('Data');
      rows.push(...page);
      if (rows.length >= Math.min(limit, total - offset)) return { page: rows, total };
    }
    throw malformed('Data');
  };
}
