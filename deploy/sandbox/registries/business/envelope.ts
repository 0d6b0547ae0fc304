import { json, type Reply } from '../http/protocol.ts';

/** An answer with data; `total` is how much there is, not how much is sent. */
export function data(total: number, parts: object): Reply {
  return json(200, { DataCount: total, Status: '1', Message: '', ...parts });
}

/** The registry's failures are HTTP 200 with `Status` "0". */
export function failure(message: string): Reply {
  return json(200, { DataCount: 0, Status: '0', Message: message });
}

export const NOT_FOUND = failure('Không tìm thấy dữ liệu');
export const NOT_PERMITTED = failure('Không có quyền truy cập');
export const BAD_PARAMETER = failure('Tham số không hợp lệ');
