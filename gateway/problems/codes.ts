/**
 * The closed table of the gateway's refusals: a row for each code, with its status and its public texts. docs/errors.md lists the
 * same codes, and a test compares the two.
 *
 * No text may include a value from a caller or an upstream, except JSON Pointers, property names and words of the catalogue.
 */
export type Language = 'vi' | 'en';

interface Row {
  status: number;
  vi: readonly [title: string, detail: string];
  en: readonly [title: string, detail: string];
}

export const problems = {
  // 400: the request cannot be understood or breaks its contract
  malformed_json: {
    status: 400,
    vi: [
      'JSON không hợp lệ',
      'Nội dung gửi lên không phải JSON hợp lệ, mã hóa UTF-8, không trùng tên trường.',
    ],
    en: ['Malformed JSON', 'The body is not well-formed JSON in UTF-8 with unique keys.'],
  },
  malformed_request: {
    status: 400,
    vi: ['Yêu cầu không hợp lệ', 'Yêu cầu HTTP không hợp lệ.'],
    en: ['Malformed request', 'The HTTP request is not well-formed.'],
  },
  contract_violation: {
    status: 400,
    vi: ['Yêu cầu không đúng hợp đồng dữ liệu', 'Xem danh sách errors: mỗi lỗi kèm vị trí (JSON Pointer).'],
    en: ['Request breaks the contract', 'See errors: each violation carries its JSON Pointer.'],
  },
  header_missing: {
    status: 400,
    vi: ['Thiếu tiêu đề bắt buộc', 'Thỏa thuận hoặc dịch vụ yêu cầu các tiêu đề nêu trong errors.'],
    en: [
      'A required header is missing',
      'The agreement or the service requires the headers named in errors.',
    ],
  },
  header_invalid: {
    status: 400,
    vi: ['Tiêu đề không hợp lệ', 'Tiêu đề nêu trong errors có giá trị không hợp lệ.'],
    en: ['Invalid header', 'A header named in errors has a value that is not allowed.'],
  },
  cursor_invalid: {
    status: 400,
    vi: [
      'Con trỏ không hợp lệ',
      'Giá trị nêu trong errors không phải con trỏ do cổng cấp theo thỏa thuận này.',
    ],
    en: [
      'Invalid cursor',
      'What is named in errors is not a cursor that this gateway gave under this agreement.',
    ],
  },
  // 401
  token_missing: {
    status: 401,
    vi: ['Thiếu mã truy cập', 'Yêu cầu phải kèm mã truy cập trong tiêu đề Authorization.'],
    en: ['Access token missing', 'Send an access token in the Authorization header.'],
  },
  token_invalid: {
    status: 401,
    vi: ['Mã truy cập không hợp lệ', 'Mã truy cập không hợp lệ, đã hết hạn hoặc đã bị thu hồi.'],
    en: ['Access token invalid', 'The access token is not valid, has expired or was revoked.'],
  },
  dpop_nonce_required: {
    status: 401,
    vi: [
      'Cần nonce DPoP mới',
      'Bằng chứng DPoP phải chứa nonce trong tiêu đề DPoP-Nonce; hãy tạo bằng chứng mới và gửi lại.',
    ],
    en: [
      'A fresh DPoP nonce is needed',
      'The DPoP proof must hold the nonce of the DPoP-Nonce header: make another proof and send it.',
    ],
  },
  signature_missing: {
    status: 401,
    vi: [
      'Thiếu chữ ký thông điệp',
      'Thỏa thuận yêu cầu thông điệp có chữ ký (RFC 9421) như tiêu đề Accept-Signature nêu.',
    ],
    en: [
      'Message signature missing',
      'The agreement requires requests to be signed (RFC 9421) as Accept-Signature says.',
    ],
  },
  signature_invalid: {
    status: 401,
    vi: ['Chữ ký thông điệp không hợp lệ', 'Chữ ký của thông điệp không được chấp nhận; xem reason.'],
    en: ['Message signature invalid', "The request's signature is not accepted; see reason."],
  },
  // 403
  no_agreement: {
    status: 403,
    vi: [
      'Chưa có thỏa thuận chia sẻ',
      'Hệ thống này chưa có thỏa thuận chia sẻ dữ liệu cho dịch vụ được gọi.',
    ],
    en: ['No agreement', 'This system has no data-sharing agreement for the service.'],
  },
  insufficient_scope: {
    status: 403,
    vi: ['Mã truy cập thiếu phạm vi', 'Mã truy cập không có phạm vi (scope) của dịch vụ được gọi.'],
    en: ['Insufficient scope', 'The access token does not carry the scope of the service.'],
  },
  purpose_not_granted: {
    status: 403,
    vi: ['Mục đích không được cấp', 'Thỏa thuận không cho phép mục đích nêu trong X-Purpose.'],
    en: ['Purpose not granted', 'The agreement does not allow the purpose given in X-Purpose.'],
  },
  agreement_expired: {
    status: 403,
    vi: ['Thỏa thuận đã hết hạn', 'Thỏa thuận chia sẻ dữ liệu đã hết hiệu lực.'],
    en: ['Agreement expired', 'The data-sharing agreement is no longer in force.'],
  },
  agreement_not_yet_valid: {
    status: 403,
    vi: ['Thỏa thuận chưa có hiệu lực', 'Thỏa thuận chia sẻ dữ liệu chưa đến ngày có hiệu lực.'],
    en: ['Agreement not yet valid', 'The data-sharing agreement is not in force yet.'],
  },
  agreement_revoked: {
    status: 403,
    vi: ['Thỏa thuận đã bị thu hồi', 'Thỏa thuận chia sẻ dữ liệu đã bị thu hồi trước thời hạn.'],
    en: ['Agreement revoked', 'The data-sharing agreement was revoked before its end.'],
  },
  criterion_not_granted: {
    status: 403,
    vi: ['Tiêu chí không được cấp', 'Không được lọc theo trường dữ liệu mà thỏa thuận không cấp.'],
    en: ['Criterion not granted', 'Filtering by a field that the agreement does not grant is refused.'],
  },
  // 404, 405, 406, 409, 410, 413, 415, 417, 422
  not_found: {
    status: 404,
    vi: ['Không có dữ liệu', 'Cơ sở dữ liệu không có bản ghi phù hợp trong phạm vi được cấp.'],
    en: ['No data', 'The registry has no matching record within the scope granted.'],
  },
  snapshot_not_offered: {
    status: 404,
    vi: [
      'Không có bản chụp',
      'Cơ sở dữ liệu nguồn không liệt kê được các bản ghi này, nên không có bản chụp và giá trị đối chiếu.',
    ],
    en: [
      'No snapshot',
      'The registry cannot list these records, so there is no snapshot of them and no digest.',
    ],
  },
  route_not_found: {
    status: 404,
    vi: ['Không có dịch vụ', 'Không có dịch vụ nào ở địa chỉ này.'],
    en: ['No such service', 'There is no service at this address.'],
  },
  subscription_unknown: {
    status: 404,
    vi: ['Không có đăng ký', 'Hệ thống này không có đăng ký nhận thay đổi nào ở địa chỉ này.'],
    en: ['No such subscription', 'This system has no subscription at this address.'],
  },
  method_not_allowed: {
    status: 405,
    vi: ['Phương thức không được phép', 'Địa chỉ này không nhận phương thức HTTP được dùng.'],
    en: ['Method not allowed', 'This address does not accept the HTTP method.'],
  },
  change_conflict: {
    status: 409,
    vi: ['Xung đột thay đổi', 'Cùng phiên bản đã được gửi với nội dung khác; xem errors.'],
    en: ['Change conflict', 'The same version was sent before with other content; see errors.'],
  },
  record_changed: {
    status: 409,
    vi: ['Bản ghi đã thay đổi', 'Bản ghi không còn ở phiên bản nêu trong yêu cầu; hãy tra cứu lại.'],
    en: [
      'Record changed',
      'The record is no longer of the version that the request names; look it up again.',
    ],
  },
  idempotency_key_in_use: {
    status: 409,
    vi: ['Yêu cầu đang được xử lý', 'Một yêu cầu với cùng Idempotency-Key đang được xử lý.'],
    en: ['Request in progress', 'A request with the same Idempotency-Key is in progress.'],
  },
  subscription_ended: {
    status: 409,
    vi: ['Đăng ký đã kết thúc', 'Đăng ký nhận thay đổi này đã kết thúc; hãy tạo đăng ký mới.'],
    en: ['Subscription ended', 'The subscription has ended; make another.'],
  },
  subscriptions_exhausted: {
    status: 409,
    vi: ['Quá nhiều đăng ký', 'Hệ thống này đã có số đăng ký nhận thay đổi tối đa; hãy xóa bớt.'],
    en: ['Too many subscriptions', 'This system has as many subscriptions as it may have; delete one first.'],
  },
  cursor_expired: {
    status: 410,
    vi: ['Con trỏ đã hết hạn', 'Các thay đổi sau con trỏ này không còn được giữ; hãy bắt đầu lại.'],
    en: ['Cursor expired', 'The changes after this cursor are no longer kept; start again.'],
  },
  digest_expired: {
    status: 410,
    vi: [
      'Giá trị đối chiếu đã hết hạn',
      'Giá trị đối chiếu này không còn được giữ; hãy yêu cầu giá trị mới.',
    ],
    en: ['Digest expired', 'This digest is no longer kept; ask for a new one.'],
  },
  replay_out_of_reach: {
    status: 410,
    vi: [
      'Không thể gửi lại từ vị trí này',
      'Các thay đổi cần gửi lại không còn được giữ, hoặc đã được gửi theo quyền khác; xem errors.',
    ],
    en: [
      'Replay out of reach',
      'The changes to be sent again are no longer kept, or were sent under another grant; see errors.',
    ],
  },
  body_too_large: {
    status: 413,
    vi: ['Nội dung quá lớn', 'Nội dung gửi lên vượt quá giới hạn của dịch vụ.'],
    en: ['Body too large', "The body exceeds the service's limit."],
  },
  unsupported_media_type: {
    status: 415,
    vi: ['Kiểu nội dung không hỗ trợ', 'Dịch vụ chỉ nhận application/json.'],
    en: ['Unsupported media type', 'The service takes application/json only.'],
  },
  expectation_failed: {
    status: 417,
    vi: ['Không đáp ứng được Expect', 'Tiêu đề Expect chỉ nhận giá trị 100-continue.'],
    en: ['Expectation failed', 'The only expectation that is met is 100-continue.'],
  },
  // 422
  idempotency_key_reused: {
    status: 422,
    vi: ['Idempotency-Key đã dùng', 'Idempotency-Key này đã được dùng cho một yêu cầu khác.'],
    en: ['Idempotency-Key reused', 'This Idempotency-Key came with another request before.'],
  },
  write_rejected: {
    status: 422,
    vi: ['Cơ sở dữ liệu không ghi nhận', 'Cơ sở dữ liệu nguồn không ghi nhận thay đổi; xem reason.'],
    en: ['Rejected by the registry', 'The registry decided against the change; see reason.'],
  },
  endpoint_unverified: {
    status: 422,
    vi: [
      'Chưa xác minh được địa chỉ nhận',
      'Địa chỉ nhận thay đổi không trả lại đúng mã kiểm tra mà cổng gửi đến; xem reason.',
    ],
    en: [
      'Endpoint not verified',
      'The address did not give the challenge back that it was sent; see reason.',
    ],
  },
  catalogue_refused: {
    status: 422,
    vi: ['Danh mục mới có lỗi', 'Danh mục mới không dùng được nên danh mục cũ được giữ nguyên; xem errors.'],
    en: ['New catalogue broken', 'The new catalogue cannot be used, so the old one stays; see errors.'],
  },
  // 429
  rate_limited: {
    status: 429,
    vi: ['Quá nhiều yêu cầu', 'Vượt giới hạn tốc độ; hãy chờ theo Retry-After.'],
    en: ['Too many requests', 'The rate limit is exceeded; wait as Retry-After says.'],
  },
  too_many_copies: {
    status: 429,
    vi: [
      'Quá nhiều bản sao dữ liệu cùng lúc',
      'Hệ thống này đang lấy đủ số bản chụp hoặc giá trị đối chiếu cùng lúc được phép.',
    ],
    en: ['Too many copies at once', 'This system has as many snapshots or digests under way as it may.'],
  },
  quota_exhausted: {
    status: 429,
    vi: ['Hết hạn mức', 'Hạn mức của thỏa thuận trong kỳ này đã dùng hết.'],
    en: ['Quota exhausted', "The agreement's quota for this period is used up."],
  },
  match_attempts_exhausted: {
    status: 429,
    vi: [
      'Quá nhiều lần đối chiếu không khớp',
      'Đã quá số lần đối chiếu không khớp đối với cùng một người, hoặc với cùng họ tên và ngày sinh.',
    ],
    en: ['Too many failed matches', 'Too many failed matches for the same subject, or with the same values.'],
  },
  too_many_streams: {
    status: 429,
    vi: ['Quá nhiều luồng', 'Hệ thống đã mở số luồng tối đa; hãy đóng bớt hoặc chờ theo Retry-After.'],
    en: [
      'Too many streams',
      'The system has as many open streams as it may; close one, or wait as Retry-After says.',
    ],
  },
  // 431 and 5xx
  header_too_large: {
    status: 431,
    vi: ['Tiêu đề quá lớn', 'Tiêu đề của yêu cầu vượt quá giới hạn.'],
    en: ['Header too large', 'The request header exceeds the limit.'],
  },
  internal_error: {
    status: 500,
    vi: ['Lỗi nội bộ', 'Cổng gặp lỗi; hãy báo requestId cho đơn vị vận hành.'],
    en: ['Internal error', 'The gateway failed; give the requestId to its operator.'],
  },
  upstream_refused: {
    status: 502,
    vi: ['Cơ sở dữ liệu từ chối', 'Cơ sở dữ liệu nguồn từ chối yêu cầu; xem reason.'],
    en: ['Refused by the registry', 'The registry refused the request; see reason.'],
  },
  upstream_failed: {
    status: 502,
    vi: ['Cơ sở dữ liệu gặp lỗi', 'Không nhận được trả lời từ cơ sở dữ liệu nguồn.'],
    en: ['Registry failed', 'The registry gave no answer.'],
  },
  upstream_malformed: {
    status: 502,
    vi: [
      'Trả lời không hợp lệ',
      'Trả lời của cơ sở dữ liệu nguồn không đúng hợp đồng dữ liệu; không có gì được cung cấp.',
    ],
    en: ['Malformed answer', "The registry's answer breaks the contract; nothing of it is disclosed."],
  },
  upstream_unavailable: {
    status: 503,
    vi: ['Cơ sở dữ liệu tạm ngừng', 'Cơ sở dữ liệu nguồn đang không đáp ứng; hãy chờ theo Retry-After.'],
    en: ['Registry unavailable', 'The registry does not respond at present; wait as Retry-After says.'],
  },
  registry_not_connected: {
    status: 503,
    vi: [
      'Chưa kết nối cơ sở dữ liệu nguồn',
      'Đơn vị vận hành chưa kết nối cổng với cơ sở dữ liệu nguồn này; gửi lại yêu cầu không có tác dụng, hãy liên hệ đơn vị vận hành.',
    ],
    en: [
      'Registry not connected',
      'The operator has not connected this gateway to the registry; trying again does not help: ask the operator.',
    ],
  },
  outcome_pending: {
    status: 503,
    vi: [
      'Chưa rõ kết quả',
      'Chưa biết cơ sở dữ liệu nguồn đã ghi nhận hay chưa; hãy gửi lại với cùng Idempotency-Key theo Retry-After.',
    ],
    en: [
      'Outcome pending',
      'It is not known yet whether the registry applied it; repeat with the same Idempotency-Key as Retry-After says.',
    ],
  },
  evidence_unavailable: {
    status: 503,
    vi: ['Không ghi được chứng cứ', 'Không ghi được nhật ký chứng cứ nên dữ liệu không được cung cấp.'],
    en: ['Evidence unavailable', 'The disclosure cannot be recorded, so nothing is disclosed.'],
  },
  store_unavailable: {
    status: 503,
    vi: ['Kho dữ liệu tạm ngừng', 'Kho dữ liệu của cổng tạm thời không dùng được; hãy thử lại.'],
    en: ['Store unavailable', "The gateway's store is unavailable at present; try again."],
  },
  outbox_full: {
    status: 503,
    vi: [
      'Hàng đợi thay đổi đã đầy',
      'Các thay đổi của cơ sở dữ liệu này chưa chuyển kịp tới Kafka; hãy gửi lại theo Retry-After.',
    ],
    en: [
      'Too many changes wait',
      "This registry's changes are too far ahead of Kafka; send again as Retry-After says.",
    ],
  },
  revocations_unknown: {
    status: 503,
    vi: [
      'Chưa xác định được việc thu hồi',
      'Cổng tạm thời không đọc được danh sách thu hồi nên không cho phép truy cập; hãy thử lại.',
    ],
    en: [
      'Revocations unknown',
      'The gateway cannot read the revocations at present, so nobody is let in; try again.',
    ],
  },
  overloaded: {
    status: 503,
    vi: ['Quá tải', 'Cổng đang quá tải hoặc đang dừng; hãy thử lại theo Retry-After.'],
    en: ['Overloaded', 'The gateway is overloaded or shutting down; try again as Retry-After says.'],
  },
  copies_busy: {
    status: 503,
    vi: [
      'Đang bận lập bản sao dữ liệu',
      'Cổng đang lập đủ số bản chụp và giá trị đối chiếu cùng lúc; hãy thử lại theo Retry-After.',
    ],
    en: [
      'Busy with copies',
      'The gateway makes as many snapshots and digests as it may at once; try again as Retry-After says.',
    ],
  },
  upstream_timeout: {
    status: 504,
    vi: ['Quá thời gian', 'Cơ sở dữ liệu nguồn không trả lời trong thời hạn của dịch vụ.'],
    en: ['Timed out', "The registry did not answer within the service's deadline."],
  },
} as const satisfies Record<string, Row>;

export type ProblemCode = keyof typeof problems;
