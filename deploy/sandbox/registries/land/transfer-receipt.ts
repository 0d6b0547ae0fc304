import type { Parcel } from './parcel.ts';

/** The outcome of a transfer: the parcel after it, or the code (`maLoi`) of its refusal. */
export type TransferReceipt =
  | { readonly parcel: Parcel; readonly at: string }
  | { readonly refused: keyof typeof REFUSALS };

/** By `maLoi`: HTTP status and `thongBao`. */
export const REFUSALS = {
  THUA_DAT_NOT_FOUND: [404, 'Không tìm thấy thửa đất'],
  PHIEN_BAN_KHONG_KHOP: [409, 'Thửa đất đã thay đổi sau phiên bản được nêu'],
  BEN_CHUYEN_KHONG_HOP_LE: [422, 'Bên chuyển không có phần quyền được nêu'],
  BEN_NHAN_KHONG_HOP_LE: [422, 'Bên nhận không có trong cơ sở dữ liệu'],
  TY_LE_KHONG_HOP_LE: [422, 'Tỷ lệ chuyển và tỷ lệ nhận không bằng nhau'],
} as const satisfies Readonly<Record<string, readonly [status: number, message: string]>>;
