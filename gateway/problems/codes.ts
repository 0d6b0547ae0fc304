/**
 * The closed table of the gateway's refusals: a row for each code, with its status, its public texts, and its row in docs/errors.md and
 * docs/errors.vi.md, which `npm run generate` writes. Rows are in the order of the documents: by status.
 *
 * A problem of 429 or 503 is thrown with `retryAfter`, unless it lasts.
 *
 * No public text may include a value from a caller or an upstream, except JSON Pointers, property names and words of the catalogue.
 */
export type Language = 'vi' | 'en';

interface Texts {
  vi: readonly [title: string, detail: string];
  en: readonly [title: string, detail: string];
  /** Markdown; links lead from docs/. */
  docs: Readonly<Record<Language, readonly [meaning: string, advice: string]>>;
}

interface Refusal extends Texts {
  status: 400 | 401 | 403 | 404 | 405 | 409 | 410 | 413 | 415 | 417 | 422 | 429 | 431;
  /** Only the operators' port has it. */
  operatorsOnly?: true;
}

interface ServerError extends Texts {
  status: 500 | 502 | 503 | 504;
  /** Do alerts count it (`lienthong_calls_total{result="failed"}`)? A missing connection or a limit is no failure. */
  failure: boolean;
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
    docs: {
      vi: [
        'Nội dung không phải JSON mã hóa UTF-8, trùng tên trường, lồng nhau quá 32 cấp, hoặc có trường `__proto__`',
        'Sửa yêu cầu',
      ],
      en: [
        'The body is not JSON in UTF-8, repeats a member name, is nested deeper than 32, or has a member `__proto__`',
        'Mend the request',
      ],
    },
  },
  malformed_request: {
    status: 400,
    vi: ['Yêu cầu không hợp lệ', 'Yêu cầu HTTP không hợp lệ.'],
    en: ['Malformed request', 'The HTTP request is not well-formed.'],
    docs: {
      vi: [
        'Yêu cầu HTTP không hợp lệ: dòng yêu cầu (một dấu cách, RFC 9112), địa chỉ không phải UTF-8 mã hóa phần trăm, độ dài, hoặc byte không hợp lệ. Yêu cầu không đến đủ trong 30 giây có mã này với trạng thái 408',
        'Sửa phần mềm gọi',
      ],
      en: [
        'Not a well-formed HTTP request: the request line (one space, RFC 9112), an address that is not UTF-8 in percent escapes, length, or the bytes themselves. One that does not arrive within 30 s has this code with status 408',
        'Mend the client',
      ],
    },
  },
  contract_violation: {
    status: 400,
    vi: ['Yêu cầu không đúng hợp đồng dữ liệu', 'Xem danh sách errors: mỗi lỗi kèm vị trí (JSON Pointer).'],
    en: ['Request breaks the contract', 'See errors: each violation carries its JSON Pointer.'],
    docs: {
      vi: [
        'Yêu cầu không đúng lược đồ của dịch vụ; `errors` nêu từng vị trí (tối đa 100; 1.000 đối với lô thay đổi), và với mã định danh hoặc ngày thì nêu dạng đúng kèm ví dụ giả định. Chưa hỏi cơ sở dữ liệu nguồn. Với lô được công bố [từng phần](providers.md#in-part), đây là kết quả của một thay đổi',
        'Sửa yêu cầu',
      ],
      en: [
        "The request breaks the service's schema, or has text that is not of Unicode characters; `errors` names every place (at most 100; 1,000 for a batch of changes), and for an identifier or a date the form with an invented example. The registry was not asked. Of a batch that is published [in part](providers.md#in-part), it is the outcome of one change",
        'Mend the request',
      ],
    },
  },
  header_missing: {
    status: 400,
    vi: ['Thiếu tiêu đề bắt buộc', 'Thỏa thuận hoặc dịch vụ yêu cầu các tiêu đề nêu trong errors.'],
    en: [
      'A required header is missing',
      'The agreement or the service requires the headers named in errors.',
    ],
    docs: {
      vi: [
        'Thiếu tiêu đề mà thỏa thuận, hoặc dịch vụ có ghi dữ liệu, yêu cầu; `errors` nêu tên',
        'Gửi các tiêu đề đó',
      ],
      en: [
        'The agreement, or a service that writes, requires headers that are not there; `errors` names them',
        'Send them',
      ],
    },
  },
  header_invalid: {
    status: 400,
    vi: ['Tiêu đề không hợp lệ', 'Tiêu đề nêu trong errors có giá trị không hợp lệ.'],
    en: ['Invalid header', 'A header named in errors has a value that is not allowed.'],
    docs: {
      vi: [
        'Tiêu đề mà thỏa thuận có thể yêu cầu (`X-Purpose` …) hoặc `Idempotency-Key` không đúng dạng (`errors` nêu dạng đúng); hoặc có `Client-Cert` không đến từ máy chủ proxy của cổng',
        'Sửa tiêu đề; để proxy đặt `Client-Cert`',
      ],
      en: [
        'A header that an agreement may require (`X-Purpose` …) or `Idempotency-Key` has a form that is not allowed (`errors` says which is); or there is a `Client-Cert` that does not come from a proxy of this gateway',
        'Mend the header; leave `Client-Cert` to the proxy',
      ],
    },
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
    docs: {
      vi: [
        '`after`, hoặc `Last-Event-ID` của luồng, không phải con trỏ do cổng cấp theo thỏa thuận này cho cơ sở dữ liệu này, hoặc cho bản chụp này và các khoảng của nó',
        'Gửi lại đúng như đã nhận',
      ],
      en: [
        '`after`, or `Last-Event-ID` of a stream, is not a cursor that this gateway gave under this agreement for this registry, or for this snapshot and its ranges',
        'Use it as it came',
      ],
    },
  },
  // 401
  token_missing: {
    status: 401,
    vi: ['Thiếu mã truy cập', 'Yêu cầu phải kèm mã truy cập trong tiêu đề Authorization.'],
    en: ['Access token missing', 'Send an access token in the Authorization header.'],
    docs: {
      vi: ['Không có mã truy cập, theo kiểu `Bearer` hoặc `DPoP`', 'Lấy mã truy cập và gửi kèm'],
      en: ['No token, in the scheme `Bearer` or `DPoP`', 'Get a token and send it'],
    },
  },
  token_invalid: {
    status: 401,
    vi: ['Mã truy cập không hợp lệ', 'Mã truy cập không hợp lệ, đã hết hạn hoặc đã bị thu hồi.'],
    en: ['Access token invalid', 'The access token is not valid, has expired or was revoked.'],
    docs: {
      vi: [
        'Mã truy cập hết hạn, do bên khác cấp hoặc cấp cho nơi khác, hoặc chữ ký không đúng; nếu có `reason` thì mã là thật nhưng bị dùng sai hoặc đã bị thu hồi',
        'Lấy mã mới, thử lại một lần; sau đó kiểm tra đồng hồ và `PUBLIC_URL`. Có `reason`: xem [bên dưới](#lý-do)',
      ],
      en: [
        'The token has expired, is for another issuer or audience, or does not verify; or, with a `reason`, it is authentic and was misused or revoked',
        'Get a new token, try once more; then check the clock and `PUBLIC_URL`. With a `reason`: see [below](#reasons)',
      ],
    },
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
    docs: {
      vi: [
        'Bằng chứng DPoP thiếu nonce của cổng, hoặc dùng nonce cũ',
        'Gửi bằng chứng mới với nonce trong `DPoP-Nonce`; các thư viện tự làm việc này',
      ],
      en: [
        "The DPoP proof lacks the gateway's nonce, or has an old one",
        'Send a new proof with the nonce of `DPoP-Nonce`; libraries do it by themselves',
      ],
    },
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
    docs: {
      vi: [
        'Thỏa thuận yêu cầu ký thông điệp (RFC 9421), yêu cầu này không có chữ ký dành cho cổng',
        'Ký như `Accept-Signature` trong trả lời nêu',
      ],
      en: [
        'The agreement requires signed requests (RFC 9421), and this one has no signature for the gateway',
        'Sign as `Accept-Signature` of the answer says',
      ],
    },
  },
  signature_invalid: {
    status: 401,
    vi: ['Chữ ký thông điệp không hợp lệ', 'Chữ ký của thông điệp không được chấp nhận; xem reason.'],
    en: ['Message signature invalid', "The request's signature is not accepted; see reason."],
    docs: {
      vi: [
        'Chữ ký thông điệp không được chấp nhận; `reason` và `errors` nêu lý do: khóa không xác định hoặc đã thu hồi, nonce đã dùng, đồng hồ sai, nội dung không khớp `Content-Digest`…',
        'Sửa và ký lại, với nonce mới',
      ],
      en: [
        'The message signature is not accepted; `reason` and `errors` say why: among others an unknown or revoked key, a nonce used before, a clock that is wrong, a body that `Content-Digest` is not of',
        'Correct it and sign anew, with a new nonce',
      ],
    },
  },
  // 403
  no_agreement: {
    status: 403,
    vi: [
      'Chưa có thỏa thuận chia sẻ',
      'Hệ thống này chưa có thỏa thuận chia sẻ dữ liệu cho dịch vụ được gọi.',
    ],
    en: ['No agreement', 'This system has no data-sharing agreement for the service.'],
    docs: {
      vi: ['Hệ thống chưa có thỏa thuận cho dịch vụ hoặc luồng này', 'Ký kết thỏa thuận'],
      en: ['The system has no agreement for this service or stream', 'Conclude one'],
    },
  },
  insufficient_scope: {
    status: 403,
    vi: ['Mã truy cập thiếu phạm vi', 'Mã truy cập không có phạm vi (scope) của dịch vụ được gọi.'],
    en: ['Insufficient scope', 'The access token does not carry the scope of the service.'],
    docs: {
      vi: [
        'Khi xin mã truy cập đã chọn phạm vi không gồm dịch vụ này',
        'Xin phạm vi đó, hoặc không nêu phạm vi để nhận tất cả',
      ],
      en: [
        'The token was asked for with a scope that leaves this service out',
        'Ask for the scope, or for none: that gives all',
      ],
    },
  },
  purpose_not_granted: {
    status: 403,
    vi: ['Mục đích không được cấp', 'Thỏa thuận không cho phép mục đích nêu trong X-Purpose.'],
    en: ['Purpose not granted', 'The agreement does not allow the purpose given in X-Purpose.'],
    docs: {
      vi: [
        'Thỏa thuận không có mục đích nêu trong `X-Purpose`',
        'Khai đúng mục đích; nếu đúng là mục đích này thì bổ sung thỏa thuận',
      ],
      en: [
        'The agreement does not name the purpose in `X-Purpose`',
        'Declare the true purpose; if it is this one, amend the agreement',
      ],
    },
  },
  agreement_expired: {
    status: 403,
    vi: ['Thỏa thuận đã hết hạn', 'Thỏa thuận chia sẻ dữ liệu đã hết hiệu lực.'],
    en: ['Agreement expired', 'The data-sharing agreement is no longer in force.'],
    docs: {
      vi: ['Đã qua ngày cuối cùng của thỏa thuận (giờ Việt Nam)', 'Gia hạn'],
      en: ["The agreement's last day is over (Vietnam's time)", 'Renew it'],
    },
  },
  agreement_not_yet_valid: {
    status: 403,
    vi: ['Thỏa thuận chưa có hiệu lực', 'Thỏa thuận chia sẻ dữ liệu chưa đến ngày có hiệu lực.'],
    en: ['Agreement not yet valid', 'The data-sharing agreement is not in force yet.'],
    docs: {
      vi: ['Chưa đến ngày đầu tiên của thỏa thuận', 'Chờ, hoặc sửa đổi thỏa thuận'],
      en: ['Its first day has not begun', 'Wait, or amend it'],
    },
  },
  agreement_revoked: {
    status: 403,
    vi: ['Thỏa thuận đã bị thu hồi', 'Thỏa thuận chia sẻ dữ liệu đã bị thu hồi trước thời hạn.'],
    en: ['Agreement revoked', 'The data-sharing agreement was revoked before its end.'],
    docs: {
      vi: ['Thỏa thuận bị thu hồi trước thời hạn', 'Hỏi bên đã ký kết'],
      en: ['The agreement was revoked before its end', 'Ask who concluded it'],
    },
  },
  criterion_not_granted: {
    status: 403,
    vi: ['Tiêu chí không được cấp', 'Không được lọc theo trường dữ liệu mà thỏa thuận không cấp.'],
    en: ['Criterion not granted', 'Filtering by a field that the agreement does not grant is refused.'],
    docs: {
      vi: ['Yêu cầu lọc theo trường mà thỏa thuận không cấp; `errors` nêu tên', 'Bỏ tiêu chí đó'],
      en: [
        'The request filters by a field that the agreement does not grant; `errors` names it',
        'Leave the criterion out',
      ],
    },
  },
  // 404, 405, 406, 409, 410, 413, 415, 417, 422
  not_found: {
    status: 404,
    vi: ['Không có dữ liệu', 'Cơ sở dữ liệu không có bản ghi phù hợp trong phạm vi được cấp.'],
    en: ['No data', 'The registry has no matching record within the scope granted.'],
    docs: {
      vi: [
        'Không có bản ghi phù hợp trong phạm vi được cấp: không tồn tại, không khớp và ngoài phạm vi đều trả lời như nhau',
        'Hiểu là "không có dữ liệu"',
      ],
      en: [
        'No matching record within the scope granted: absent, not matching and out of scope read the same',
        'Take it as "no data"',
      ],
    },
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
    docs: {
      vi: [
        'Cơ sở dữ liệu nguồn không liệt kê được các bản ghi này nên không có bản chụp và giá trị đối chiếu; hoặc giá trị đối chiếu tính trên hơn một triệu dòng',
        'Chỉ duy trì bản sao dữ liệu bằng các thay đổi',
      ],
      en: [
        'The registry cannot list these records, so there is neither a snapshot nor a digest of them; or a digest would be of more than a million rows',
        'Keep the copy by changes alone',
      ],
    },
  },
  route_not_found: {
    status: 404,
    vi: ['Không có dịch vụ', 'Không có dịch vụ nào ở địa chỉ này.'],
    en: ['No such service', 'There is no service at this address.'],
    docs: {
      vi: ['Không có dịch vụ ở địa chỉ này', 'Kiểm tra đường dẫn và phiên bản'],
      en: ['There is no service at this address', 'Check path and version'],
    },
  },
  subscription_unknown: {
    status: 404,
    vi: ['Không có đăng ký', 'Hệ thống này không có đăng ký nhận thay đổi nào ở địa chỉ này.'],
    en: ['No such subscription', 'This system has no subscription at this address.'],
    docs: {
      vi: [
        'Hệ thống này không có đăng ký ở địa chỉ này; đăng ký của hệ thống khác cũng trả lời như vậy',
        'Kiểm tra mã đăng ký',
      ],
      en: [
        "This system has no subscription at this address; another system's reads the same",
        'Check the id',
      ],
    },
  },
  method_not_allowed: {
    status: 405,
    vi: ['Phương thức không được phép', 'Địa chỉ này không nhận phương thức HTTP được dùng.'],
    en: ['Method not allowed', 'This address does not accept the HTTP method.'],
    docs: {
      vi: ['Địa chỉ này nhận phương thức khác; `Allow` nêu tên', 'Dùng một trong các phương thức đó'],
      en: ['The address takes other methods; `Allow` names them', 'Use one of them'],
    },
  },
  change_conflict: {
    status: 409,
    vi: ['Xung đột thay đổi', 'Cùng phiên bản đã được gửi với nội dung khác; xem errors.'],
    en: ['Change conflict', 'The same version was sent before with other content; see errors.'],
    docs: {
      vi: [
        'Một phiên bản của đối tượng đã có với nội dung khác; `errors` nêu các thay đổi; không lưu thay đổi nào của lô',
        'Xác định nội dung nào đúng; đính chính là một phiên bản mới',
      ],
      en: [
        'A version of a subject is known with other content; `errors` names the changes; nothing of the batch was stored',
        'Find out which content is right; a correction is a new version',
      ],
    },
  },
  record_changed: {
    status: 409,
    vi: ['Bản ghi đã thay đổi', 'Bản ghi không còn ở phiên bản nêu trong yêu cầu; hãy tra cứu lại.'],
    en: [
      'Record changed',
      'The record is no longer of the version that the request names; look it up again.',
    ],
    docs: {
      vi: [
        'Bản ghi không còn ở phiên bản nêu trong yêu cầu; chưa thay đổi gì',
        'Tra cứu lại, xem xét lại và gửi với phiên bản mới và khóa mới',
      ],
      en: [
        'The record is no longer of the version that the request names; nothing was changed',
        'Look it up again, decide anew, and send it with the new version and a new key',
      ],
    },
  },
  idempotency_key_in_use: {
    status: 409,
    vi: ['Yêu cầu đang được xử lý', 'Một yêu cầu với cùng Idempotency-Key đang được xử lý.'],
    en: ['Request in progress', 'A request with the same Idempotency-Key is in progress.'],
    docs: {
      vi: ['Một yêu cầu với cùng `Idempotency-Key` đang được xử lý', 'Chờ theo `Retry-After` rồi gửi lại'],
      en: [
        'A request with the same `Idempotency-Key` is in progress',
        'Wait for `Retry-After`, and repeat it',
      ],
    },
  },
  subscription_ended: {
    status: 409,
    vi: ['Đăng ký đã kết thúc', 'Đăng ký nhận thay đổi này đã kết thúc; hãy tạo đăng ký mới.'],
    en: ['Subscription ended', 'The subscription has ended; make another.'],
    docs: {
      vi: ['Đăng ký đã kết thúc (`reason` của đăng ký nêu lý do) và không bắt đầu lại', 'Tạo đăng ký mới'],
      en: [
        'The subscription has ended (`reason` of the subscription says why) and does not begin again',
        'Make another',
      ],
    },
  },
  subscriptions_exhausted: {
    status: 409,
    vi: ['Quá nhiều đăng ký', 'Hệ thống này đã có số đăng ký nhận thay đổi tối đa; hãy xóa bớt.'],
    en: ['Too many subscriptions', 'This system has as many subscriptions as it may have; delete one first.'],
    docs: {
      vi: ['Hệ thống đã có số đăng ký webhook tối đa (`WEBHOOK_SUBSCRIPTIONS`)', 'Xóa bớt một đăng ký'],
      en: ['The system has as many webhook subscriptions as it may (`WEBHOOK_SUBSCRIPTIONS`)', 'Delete one'],
    },
  },
  cursor_expired: {
    status: 410,
    vi: ['Con trỏ đã hết hạn', 'Các thay đổi sau con trỏ này không còn được giữ; hãy bắt đầu lại.'],
    en: ['Cursor expired', 'The changes after this cursor are no longer kept; start again.'],
    docs: {
      vi: [
        'Các thay đổi sau con trỏ không còn được giữ, hoặc thỏa thuận nay cấp các trường hay bản ghi khác lúc cấp con trỏ',
        'Lập lại bản sao, không có `after`',
      ],
      en: [
        'Changes after the cursor are no longer kept, or the agreement grants other fields or rows than when it was made',
        'Begin the copy again, without `after`',
      ],
    },
  },
  digest_expired: {
    status: 410,
    vi: [
      'Giá trị đối chiếu đã hết hạn',
      'Giá trị đối chiếu này không còn được giữ; hãy yêu cầu giá trị mới.',
    ],
    en: ['Digest expired', 'This digest is no longer kept; ask for a new one.'],
    docs: {
      vi: [
        'Giá trị đối chiếu nêu trong `at` không còn được giữ, hoặc thuộc thỏa thuận hay các trường khác',
        'Yêu cầu giá trị đối chiếu mới, không có `at`',
      ],
      en: [
        'The digest that `at` names is no longer kept, or was of another agreement or other fields',
        'Ask for a new one, without `at`',
      ],
    },
  },
  replay_out_of_reach: {
    status: 410,
    operatorsOnly: true,
    vi: [
      'Không thể gửi lại từ vị trí này',
      'Các thay đổi cần gửi lại không còn được giữ, hoặc đã được gửi theo quyền khác; xem errors.',
    ],
    en: [
      'Replay out of reach',
      'The changes to be sent again are no longer kept, or were sent under another grant; see errors.',
    ],
    docs: {
      vi: [
        'Chỉ trên cổng vận hành: nội dung cần gửi lại không còn được giữ, hoặc đã gửi theo quyền khác; `errors` nêu số đầu tiên còn gửi lại được',
        'Gửi lại từ số đó, hoặc lập lại bản sao',
      ],
      en: [
        "Operators' port only: what is to be sent again is no longer kept, or was sent under another grant; `errors` names the first number that can be",
        'Replay from there, or begin the copy again',
      ],
    },
  },
  body_too_large: {
    status: 413,
    vi: ['Nội dung quá lớn', 'Nội dung gửi lên vượt quá giới hạn của dịch vụ.'],
    en: ['Body too large', "The body exceeds the service's limit."],
    docs: {
      vi: [
        'Nội dung vượt giới hạn của hợp đồng dữ liệu (64 KiB nếu không nêu, 8 MiB đối với thay đổi)',
        'Gửi ít hơn',
      ],
      en: [
        "The body exceeds the contract's limit (64 KiB where it names none, 8 MiB for changes)",
        'Send less',
      ],
    },
  },
  unsupported_media_type: {
    status: 415,
    vi: ['Kiểu nội dung không hỗ trợ', 'Dịch vụ chỉ nhận application/json.'],
    en: ['Unsupported media type', 'The service takes application/json only.'],
    docs: {
      vi: ['Nội dung không phải `application/json`', 'Đặt `Content-Type`'],
      en: ['The body is not `application/json`', 'Set `Content-Type`'],
    },
  },
  expectation_failed: {
    status: 417,
    vi: ['Không đáp ứng được Expect', 'Tiêu đề Expect chỉ nhận giá trị 100-continue.'],
    en: ['Expectation failed', 'The only expectation that is met is 100-continue.'],
    docs: {
      vi: ['Yêu cầu có `Expect` khác `100-continue`', 'Bỏ tiêu đề này'],
      en: ['The request has an `Expect` other than `100-continue`', 'Leave the header out'],
    },
  },
  // 422
  idempotency_key_reused: {
    status: 422,
    vi: ['Idempotency-Key đã dùng', 'Idempotency-Key này đã được dùng cho một yêu cầu khác.'],
    en: ['Idempotency-Key reused', 'This Idempotency-Key came with another request before.'],
    docs: {
      vi: [
        'Trong bảy ngày qua, `Idempotency-Key` này đã được gửi với yêu cầu khác',
        'Tạo khóa riêng cho mỗi thay đổi; gửi lại thì giữ nguyên yêu cầu',
      ],
      en: [
        'The same `Idempotency-Key` came with another request in the last seven days',
        'Make a key for each change; repeat a request unchanged',
      ],
    },
  },
  write_rejected: {
    status: 422,
    vi: ['Cơ sở dữ liệu không ghi nhận', 'Cơ sở dữ liệu nguồn không ghi nhận thay đổi; xem reason.'],
    en: ['Rejected by the registry', 'The registry decided against the change; see reason.'],
    docs: {
      vi: [
        'Cơ sở dữ liệu nguồn quyết định không ghi nhận, chưa thay đổi gì; `reason` nêu lý do',
        'Sửa yêu cầu và gửi với khóa mới',
      ],
      en: [
        'The registry decided against the change, and nothing was changed; `reason` says why',
        'Mend the request, and send it with a new key',
      ],
    },
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
    docs: {
      vi: [
        'Địa chỉ nhận của đăng ký không trả lại mã kiểm tra; xem `reason`',
        'Sửa địa chỉ nhận rồi đăng ký lại',
      ],
      en: [
        'The endpoint of a subscription did not give its challenge back; see `reason`',
        'Mend the endpoint, then subscribe again',
      ],
    },
  },
  catalogue_refused: {
    status: 422,
    operatorsOnly: true,
    vi: ['Danh mục mới có lỗi', 'Danh mục mới không dùng được nên danh mục cũ được giữ nguyên; xem errors.'],
    en: ['New catalogue broken', 'The new catalogue cannot be used, so the old one stays; see errors.'],
    docs: {
      vi: [
        'Chỉ trên cổng vận hành: danh mục mới có lỗi; `errors` và `findings` nêu tệp và dòng; danh mục cũ được giữ',
        'Sửa các tệp; `lienthong check` báo cùng các lỗi',
      ],
      en: [
        "Operators' port only: the new catalogue is broken; `errors` and `findings` name file and line; the old one stays",
        'Mend the files; `lienthong check` reports the same',
      ],
    },
  },
  // 429
  rate_limited: {
    status: 429,
    vi: ['Quá nhiều yêu cầu', 'Vượt giới hạn tốc độ; hãy chờ theo Retry-After.'],
    en: ['Too many requests', 'The rate limit is exceeded; wait as Retry-After says.'],
    docs: {
      vi: [
        'Vượt giới hạn tốc độ của thỏa thuận, của địa chỉ gọi, hoặc của việc xem danh mục',
        'Chờ theo `Retry-After`',
      ],
      en: [
        "The rate of the agreement, of the caller's address, or of the own view of the catalogue is exceeded",
        'Wait for `Retry-After`',
      ],
    },
  },
  too_many_copies: {
    status: 429,
    vi: [
      'Quá nhiều bản sao dữ liệu cùng lúc',
      'Hệ thống này đang lấy đủ số bản chụp hoặc giá trị đối chiếu cùng lúc được phép.',
    ],
    en: ['Too many copies at once', 'This system has as many snapshots or digests under way as it may.'],
    docs: {
      vi: [
        'Hệ thống đang lấy đủ số bản chụp và giá trị đối chiếu được phép (`COPIES_PER_SYSTEM`)',
        'Chờ một việc kết thúc',
      ],
      en: [
        'The system has as many snapshots and digests under way as it may (`COPIES_PER_SYSTEM`)',
        'Wait until one has ended',
      ],
    },
  },
  quota_exhausted: {
    status: 429,
    vi: ['Hết hạn mức', 'Hạn mức của thỏa thuận trong kỳ này đã dùng hết.'],
    en: ['Quota exhausted', "The agreement's quota for this period is used up."],
    docs: {
      vi: [
        'Đã dùng hết hạn mức ngày hoặc tháng của thỏa thuận (giờ Việt Nam)',
        'Chờ theo `Retry-After`, tức là hết kỳ',
      ],
      en: [
        "The agreement's quota of the day or month (Vietnam's time) is used up",
        'Wait for `Retry-After`; it is the end of the period',
      ],
    },
  },
  match_attempts_exhausted: {
    status: 429,
    vi: [
      'Quá nhiều lần đối chiếu không khớp',
      'Đã quá số lần đối chiếu không khớp đối với cùng một người, hoặc với cùng họ tên và ngày sinh.',
    ],
    en: ['Too many failed matches', 'Too many failed matches for the same subject, or with the same values.'],
    docs: {
      vi: [
        'Trong 24 giờ, năm lần đối chiếu không khớp với một người, hoặc một trăm số không khớp với cùng họ tên và ngày sinh',
        'Không đoán nữa; kiểm tra lại thông tin với người đó',
      ],
      en: [
        'Five failed matches on one person in 24 hours, or a hundred numbers that the same name and birth date did not match',
        'Stop guessing; check the data with the person',
      ],
    },
  },
  too_many_streams: {
    status: 429,
    vi: ['Quá nhiều luồng', 'Hệ thống đã mở số luồng tối đa; hãy đóng bớt hoặc chờ theo Retry-After.'],
    en: [
      'Too many streams',
      'The system has as many open streams as it may; close one, or wait as Retry-After says.',
    ],
    docs: {
      vi: ['Hệ thống đã mở số luồng tối đa (`SYSTEM_STREAMS`)', 'Đóng bớt, hoặc chờ theo `Retry-After`'],
      en: [
        'The system has as many open streams as it may (`SYSTEM_STREAMS`)',
        'Close one, or wait for `Retry-After`',
      ],
    },
  },
  // 431 and 5xx
  header_too_large: {
    status: 431,
    vi: ['Tiêu đề quá lớn', 'Tiêu đề của yêu cầu vượt quá giới hạn.'],
    en: ['Header too large', 'The request header exceeds the limit.'],
    docs: {
      vi: ['Tiêu đề của yêu cầu vượt 16 KiB', 'Gửi ít hơn'],
      en: ["The request's header exceeds 16 KiB", 'Send less'],
    },
  },
  internal_error: {
    status: 500,
    failure: true,
    vi: ['Lỗi nội bộ', 'Cổng gặp lỗi; hãy báo requestId cho đơn vị vận hành.'],
    en: ['Internal error', 'The gateway failed; give the requestId to its operator.'],
    docs: {
      vi: ['Cổng gặp lỗi', 'Báo `requestId`; yêu cầu chỉ đọc có thể gửi lại'],
      en: ['The gateway failed', 'Report `requestId`; a read may be tried again'],
    },
  },
  upstream_refused: {
    status: 502,
    failure: true,
    vi: ['Cơ sở dữ liệu từ chối', 'Cơ sở dữ liệu nguồn từ chối yêu cầu; xem reason.'],
    en: ['Refused by the registry', 'The registry refused the request; see reason.'],
    docs: {
      vi: [
        'Cơ sở dữ liệu nguồn từ chối cổng, thủ tục hoặc cán bộ; xem `reason`',
        'Không gửi lại nguyên như cũ',
      ],
      en: [
        'The registry refused the gateway, the procedure or the officer; see `reason`',
        'Not to be tried again unchanged',
      ],
    },
  },
  upstream_failed: {
    status: 502,
    failure: true,
    vi: ['Cơ sở dữ liệu gặp lỗi', 'Không nhận được trả lời từ cơ sở dữ liệu nguồn.'],
    en: ['Registry failed', 'The registry gave no answer.'],
    docs: {
      vi: ['Cơ sở dữ liệu nguồn gặp lỗi hoặc mất kết nối', 'Gửi lại, mỗi lần chờ lâu hơn'],
      en: ['The registry failed or its connection was lost', 'Try again, with growing pauses'],
    },
  },
  upstream_malformed: {
    status: 502,
    failure: true,
    vi: [
      'Trả lời không hợp lệ',
      'Trả lời của cơ sở dữ liệu nguồn không đúng hợp đồng dữ liệu; không có gì được cung cấp.',
    ],
    en: ['Malformed answer', "The registry's answer breaks the contract; nothing of it is disclosed."],
    docs: {
      vi: [
        'Trả lời của cơ sở dữ liệu nguồn không đúng hợp đồng dữ liệu; không cung cấp gì',
        'Báo cho đơn vị vận hành; gửi lại ít khi có ích',
      ],
      en: [
        "The registry's answer breaks the contract; nothing of it is disclosed",
        'Report it; trying again rarely helps',
      ],
    },
  },
  upstream_unavailable: {
    status: 503,
    failure: true,
    vi: ['Cơ sở dữ liệu tạm ngừng', 'Cơ sở dữ liệu nguồn đang không đáp ứng; hãy chờ theo Retry-After.'],
    en: ['Registry unavailable', 'The registry does not respond at present; wait as Retry-After says.'],
    docs: {
      vi: [
        'Chưa hỏi cơ sở dữ liệu nguồn: cổng đang tạm ngừng gọi nguồn này vì lỗi lặp lại, hoặc hết kết nối',
        'Chờ theo `Retry-After`',
      ],
      en: [
        'The registry was not asked: its circuit breaker is open or its connections are taken',
        'Wait for `Retry-After`',
      ],
    },
  },
  registry_not_connected: {
    status: 503,
    failure: false,
    vi: [
      'Chưa kết nối cơ sở dữ liệu nguồn',
      'Đơn vị vận hành chưa kết nối cổng với cơ sở dữ liệu nguồn này; gửi lại yêu cầu không có tác dụng, hãy liên hệ đơn vị vận hành.',
    ],
    en: [
      'Registry not connected',
      'The operator has not connected this gateway to the registry; trying again does not help: ask the operator.',
    ],
    docs: {
      vi: [
        'Đơn vị vận hành chưa kết nối cổng với cơ sở dữ liệu nguồn, hoặc với hệ thống của tỉnh; xem `reason`. Không có `Retry-After` vì tình trạng này kéo dài',
        'Liên hệ đơn vị vận hành; gửi lại không có tác dụng',
      ],
      en: [
        "The operator has not connected this gateway to the registry, or to the province's system; see `reason`. There is no `Retry-After`: it lasts",
        'Ask the operator; trying again does not help',
      ],
    },
  },
  outcome_pending: {
    status: 503,
    failure: true,
    vi: [
      'Chưa rõ kết quả',
      'Chưa biết cơ sở dữ liệu nguồn đã ghi nhận hay chưa; hãy gửi lại với cùng Idempotency-Key theo Retry-After.',
    ],
    en: [
      'Outcome pending',
      'It is not known yet whether the registry applied it; repeat with the same Idempotency-Key as Retry-After says.',
    ],
    docs: {
      vi: [
        'Chưa biết cơ sở dữ liệu nguồn đã ghi nhận hay chưa. Cổng tự xác định, dù bên gọi có gửi lại hay không',
        'Chờ theo `Retry-After` rồi gửi lại nguyên yêu cầu với cùng `Idempotency-Key`: trả lời chính là kết quả',
      ],
      en: [
        'It is not known yet whether the registry applied the change. The gateway finds out, whether or not the caller comes back',
        'Wait for `Retry-After`, and repeat it unchanged with the same `Idempotency-Key`: the answer is the outcome',
      ],
    },
  },
  evidence_unavailable: {
    status: 503,
    failure: true,
    vi: ['Không ghi được chứng cứ', 'Không ghi được nhật ký chứng cứ nên dữ liệu không được cung cấp.'],
    en: ['Evidence unavailable', 'The disclosure cannot be recorded, so nothing is disclosed.'],
    docs: {
      vi: ['Không lưu được chứng cứ nên không cung cấp dữ liệu', 'Chờ theo `Retry-After`'],
      en: ['The evidence cannot be stored, so nothing is disclosed', 'Wait for `Retry-After`'],
    },
  },
  store_unavailable: {
    status: 503,
    failure: true,
    vi: ['Kho dữ liệu tạm ngừng', 'Kho dữ liệu của cổng tạm thời không dùng được; hãy thử lại.'],
    en: ['Store unavailable', "The gateway's store is unavailable at present; try again."],
    docs: {
      vi: ['PostgreSQL không dùng được', 'Chờ theo `Retry-After`'],
      en: ['PostgreSQL is away', 'Wait for `Retry-After`'],
    },
  },
  outbox_full: {
    status: 503,
    failure: false,
    vi: [
      'Hàng đợi thay đổi đã đầy',
      'Các thay đổi của cơ sở dữ liệu này chưa chuyển kịp tới Kafka; hãy gửi lại theo Retry-After.',
    ],
    en: [
      'Too many changes wait',
      "This registry's changes are too far ahead of Kafka; send again as Retry-After says.",
    ],
    docs: {
      vi: [
        'Quá nhiều thay đổi của cơ sở dữ liệu này đang chờ Kafka; chỉ khi công bố thay đổi',
        'Gửi lại cùng lô đó theo `Retry-After`',
      ],
      en: [
        'Changes of this registry wait for Kafka, too many of them; pushes only',
        'Send the same batch again after `Retry-After`',
      ],
    },
  },
  revocations_unknown: {
    status: 503,
    failure: true,
    vi: [
      'Chưa xác định được việc thu hồi',
      'Cổng tạm thời không đọc được danh sách thu hồi nên không cho phép truy cập; hãy thử lại.',
    ],
    en: [
      'Revocations unknown',
      'The gateway cannot read the revocations at present, so nobody is let in; try again.',
    ],
    docs: {
      vi: [
        'Hai giây qua, máy chủ này của cổng không đọc được danh sách thu hồi nên không cho phép truy cập',
        'Chờ theo `Retry-After`',
      ],
      en: [
        'This replica could not read the revocations for two seconds, and lets nobody in',
        'Wait for `Retry-After`',
      ],
    },
  },
  overloaded: {
    status: 503,
    failure: true,
    vi: ['Quá tải', 'Cổng đang quá tải hoặc đang dừng; hãy thử lại theo Retry-After.'],
    en: ['Overloaded', 'The gateway is overloaded or shutting down; try again as Retry-After says.'],
    docs: {
      vi: ['Máy chủ này của cổng đang xử lý 2.000 yêu cầu', 'Chờ theo `Retry-After`'],
      en: ['2,000 calls are in progress on this replica', 'Wait for `Retry-After`'],
    },
  },
  copies_busy: {
    status: 503,
    failure: false,
    vi: [
      'Đang bận lập bản sao dữ liệu',
      'Cổng đang lập đủ số bản chụp và giá trị đối chiếu cùng lúc; hãy thử lại theo Retry-After.',
    ],
    en: [
      'Busy with copies',
      'The gateway makes as many snapshots and digests as it may at once; try again as Retry-After says.',
    ],
    docs: {
      vi: [
        'Máy chủ này của cổng đang lập đủ số bản chụp và giá trị đối chiếu (`COPIES_MAX`)',
        'Chờ theo `Retry-After`',
      ],
      en: [
        'This replica makes as many snapshots and digests as it may (`COPIES_MAX`)',
        'Wait for `Retry-After`',
      ],
    },
  },
  upstream_timeout: {
    status: 504,
    failure: true,
    vi: ['Quá thời gian', 'Cơ sở dữ liệu nguồn không trả lời trong thời hạn của dịch vụ.'],
    en: ['Timed out', "The registry did not answer within the service's deadline."],
    docs: {
      vi: ['Cơ sở dữ liệu nguồn không trả lời trong thời hạn của dịch vụ', 'Gửi lại, mỗi lần chờ lâu hơn'],
      en: ["The registry did not answer within the service's deadline", 'Try again, with growing pauses'],
    },
  },
} as const satisfies Record<string, Refusal | ServerError>;

export type ProblemCode = keyof typeof problems;

/** The rows, with the members that only some of them have. */
export const problemRows: readonly ((Refusal | ServerError) & { readonly code: ProblemCode })[] =
  Object.entries(problems).map(([code, row]) => ({ ...row, code: code as ProblemCode }));
