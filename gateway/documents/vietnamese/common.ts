/** Texts of the document itself and of all operations: tags, headers, parameters, problems. */
export const commonTexts: Readonly<Record<string, string>> = {
  'Interagency data-sharing gateway': 'Cổng chia sẻ dữ liệu liên thông giữa các cơ quan nhà nước',
  'Signed calls to the registries of state agencies. Answers are minimised to the fields that the data-sharing agreement grants; `meta.withheld` names the others.':
    'Gọi các cơ sở dữ liệu của cơ quan nhà nước, có ký xác thực. Kết quả chỉ gồm những trường mà thỏa thuận chia sẻ dữ liệu cho phép; `meta.withheld` nêu các trường còn lại.',
  'Change streams': 'Luồng thay đổi dữ liệu',
  'Requests to the endpoints of subscribers': 'Thông điệp gửi đến địa chỉ của bên đăng ký nhận',
  'Starting and checking copies': 'Bắt đầu và đối chiếu bản sao dữ liệu',
  'Services and streams that the caller may use, and contacts for more':
    'Bên gọi được dùng những gì, và cần liên hệ cơ quan nào để được dùng thêm',
  'Access tokens': 'Mã truy cập',
  'An access token that you have: `lienthong token` prints one. It is good for five minutes, and for the scopes that it was asked for.':
    'Mã truy cập đã có: lệnh `lienthong token` in ra một mã. Mã có hiệu lực năm phút, trong phạm vi đã yêu cầu.',
  'Client credentials with private_key_jwt (RFC 7523); the audience of the assertion is the issuer. A token of the type `DPoP` is sent in the scheme `DPoP`, with a proof in the header `DPoP` (RFC 9449).':
    'Xác thực hệ thống bằng private_key_jwt (RFC 7523); `aud` của assertion là địa chỉ của bên phát hành mã truy cập. Mã loại `DPoP` được gửi theo lược đồ `DPoP`, kèm bằng chứng trong tiêu đề `DPoP` (RFC 9449).',
  'Names the call in evidence and logs': 'Mã của lần gọi trong chứng cứ và nhật ký',
  'Remaining calls (draft-ietf-httpapi-ratelimit-headers)':
    'Số lượt còn lại (draft-ietf-httpapi-ratelimit-headers)',
  "The agreement's rate (draft-ietf-httpapi-ratelimit-headers)":
    'Giới hạn tốc độ theo thỏa thuận (draft-ietf-httpapi-ratelimit-headers)',
  'SHA-256 of the content (RFC 9530); there when the answer is signed':
    'SHA-256 của nội dung (RFC 9530); có khi câu trả lời được ký',
  'Covered components of the signature, and its parameters (RFC 9421)':
    'Phạm vi của chữ ký và các tham số (RFC 9421)',
  "The gateway's signature (RFC 9421), by a key of /oauth2/jwks":
    'Chữ ký của cổng (RFC 9421), bằng một khóa tại /oauth2/jwks',
  "The gateway's signature, by a key of /oauth2/jwks": 'Chữ ký của cổng, bằng một khóa tại /oauth2/jwks',
  'How the next request is to be signed (RFC 9421, section 5)':
    'Yêu cầu tiếp theo phải ký thế nào (RFC 9421, mục 5)',
  'Seconds to wait': 'Số giây cần chờ',
  'Names the change that is wanted (draft-ietf-httpapi-idempotency-key-header): a string of Structured Fields or a bare token, such as a UUID, kept for seven days. Repeat a request with its key, and it is done once':
    'Khóa của thay đổi cần thực hiện (draft-ietf-httpapi-idempotency-key-header): một chuỗi theo Structured Fields hoặc một giá trị không đặt trong dấu ngoặc kép, ví dụ UUID, được lưu bảy ngày. Gửi lại yêu cầu với cùng khóa thì chỉ thực hiện một lần',
  'A UUID of yours; in the place of anything else one is made':
    'UUID do bên gọi đặt; nếu không có hoặc không phải UUID, cổng tự tạo',
  'Language of errors: vi (default) or en': 'Ngôn ngữ của thông báo lỗi: vi (mặc định) hoặc en',
  'Digest of the body (RFC 9530), sha-256 or sha-512; required with a signature':
    'Giá trị băm của nội dung (RFC 9530), sha-256 hoặc sha-512; bắt buộc khi có chữ ký',
  'What your signature covers, and its parameters (RFC 9421); required when the agreement says so':
    'Phạm vi chữ ký của bên gọi và các tham số (RFC 9421); bắt buộc khi thỏa thuận yêu cầu',
  'Your signature, by a key of the system': 'Chữ ký của bên gọi, bằng một khóa của hệ thống',
  'Asks for a signed answer (RFC 9421, section 5): which components, or `sig=()` for all that the gateway signs':
    'Yêu cầu câu trả lời có chữ ký (RFC 9421, mục 5): các thành phần cần ký, hoặc `sig=()` để ký mọi thành phần mà cổng ký',
  'The request breaks its contract': 'Yêu cầu không đúng hợp đồng dữ liệu',
  'No valid access token, or not signed as the agreement says':
    'Không có mã truy cập hợp lệ, hoặc không được ký theo thỏa thuận',
  'The agreement does not allow it': 'Thỏa thuận không cho phép',
  'No data within the scope granted, or nothing there to be read':
    'Không có dữ liệu trong phạm vi được cấp, hoặc không có gì để đọc',
  'It contradicts the stored state, or a request in progress':
    'Mâu thuẫn với dữ liệu hiện có hoặc với yêu cầu đang được xử lý',
  'The cursor is older than the changes kept, or the digest is no longer kept':
    'Con trỏ cũ hơn các thay đổi còn lưu, hoặc giá trị đối chiếu không còn lưu',
  'The body exceeds the limit': 'Nội dung vượt quá giới hạn',
  'Not application/json': 'Không phải application/json',
  'The registry decided against it, or the Idempotency-Key is of another request':
    'Cơ sở dữ liệu không chấp thuận, hoặc Idempotency-Key thuộc về yêu cầu khác',
  'The endpoint did not give the challenge back': 'Địa chỉ nhận không trả lại mã kiểm tra',
  'Rate, quota or failed matches exhausted':
    'Đã vượt giới hạn tốc độ, hết hạn mức hoặc hết số lần đối chiếu không khớp được phép',
  'The registry refused, failed, or broke the contract':
    'Cơ sở dữ liệu từ chối, gặp lỗi, hoặc trả lời không đúng hợp đồng dữ liệu',
  'The call cannot be served at present': 'Hiện chưa thực hiện được lời gọi',
  'The registry did not answer in time': 'Cơ sở dữ liệu không trả lời đúng hạn',
  'Any other problem': 'Lỗi khác',
};
