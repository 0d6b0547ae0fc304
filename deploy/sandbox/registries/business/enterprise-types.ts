/** Legal forms of the Law on Enterprises 2020; the codes are assumed. */
export interface EnterpriseType {
  readonly id: string;
  readonly name: string;
  /** How the name of such an enterprise begins, and how the foreign and the short name end. */
  readonly prefix: string;
  readonly suffix: string;
  readonly abbreviation: string;
  /** Fewest and most members that the registry lists. */
  readonly members: readonly [number, number];
}

export const ENTERPRISE_TYPES = {
  oneMember: type(
    '01',
    'Công ty trách nhiệm hữu hạn một thành viên',
    'CÔNG TY TNHH MỘT THÀNH VIÊN',
    'ONE MEMBER LIMITED LIABILITY COMPANY',
    'CO., LTD',
    [1, 1],
  ),
  limited: type(
    '02',
    'Công ty trách nhiệm hữu hạn hai thành viên trở lên',
    'CÔNG TY TNHH',
    'COMPANY LIMITED',
    'CO., LTD',
    [2, 5],
  ),
  jointStock: type('03', 'Công ty cổ phần', 'CÔNG TY CỔ PHẦN', 'JOINT STOCK COMPANY', 'JSC', [3, 6]),
  partnership: type('04', 'Công ty hợp danh', 'CÔNG TY HỢP DANH', 'PARTNERSHIP', 'PARTNERSHIP', [2, 4]),
  private: type('05', 'Doanh nghiệp tư nhân', 'DOANH NGHIỆP TƯ NHÂN', 'PRIVATE ENTERPRISE', 'PE', [0, 0]),
  branch: type('11', 'Chi nhánh', 'CHI NHÁNH', 'BRANCH', 'BRANCH', [0, 0]),
} as const;

function type(
  id: string,
  name: string,
  prefix: string,
  suffix: string,
  abbreviation: string,
  members: readonly [number, number],
): EnterpriseType {
  return { id, name, prefix, suffix, abbreviation, members };
}
