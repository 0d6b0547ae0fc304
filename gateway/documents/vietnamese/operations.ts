/** Texts of operations without a contract, their parameters and their answers. */
export const operationTexts: Readonly<Record<string, string>> = {
  'Find the endpoints': 'Tìm các địa chỉ dịch vụ',
  'Authorization server metadata (RFC 8414).': 'Siêu dữ liệu của máy chủ cấp quyền (RFC 8414).',
  'The metadata': 'Siêu dữ liệu',
  'Find whose tokens are taken, and how they are sent':
    'Tra cứu mã truy cập của bên phát hành nào được chấp nhận và cách gửi',
  'Protected resource metadata (RFC 9728); every challenge of a 401 names their address.':
    'Siêu dữ liệu của tài nguyên được bảo vệ (RFC 9728); mỗi câu trả lời 401 nêu địa chỉ của siêu dữ liệu này.',
  'Get the keys that sign access tokens and responses': 'Lấy các khóa ký mã truy cập và câu trả lời',
  'JWK Set (RFC 7517).': 'Tập khóa JWK (RFC 7517).',
  'The public keys': 'Các khóa công khai',
  'Get an access token': 'Lấy mã truy cập',
  'Client credentials (RFC 6749, section 4.4), by `private_key_jwt`, `tls_client_auth` or `self_signed_tls_client_auth`, as the client is registered. A DPoP proof, or the client certificate, binds the token.':
    'Cấp mã theo thông tin xác thực của hệ thống (client credentials, RFC 6749, mục 4.4) bằng `private_key_jwt`, `tls_client_auth` hoặc `self_signed_tls_client_auth`, theo đăng ký của hệ thống. Mã truy cập được gắn với khóa của bằng chứng DPoP hoặc với chứng thư số của hệ thống.',
  'A token of five minutes': 'Mã truy cập có hiệu lực năm phút',
  'OAuth error (RFC 6749, section 5.2); to a client that has authenticated, with the members of a problem beside it':
    'Lỗi OAuth (RFC 6749, mục 5.2); với hệ thống đã xác thực, kèm các trường của thông báo lỗi',
  'The error once more (RFC 6750)': 'Nhắc lại lỗi (RFC 6750)',
  'Revoke an access token of your own': 'Thu hồi mã truy cập của chính mình',
  'Token revocation (RFC 7009). The client authenticates as for a token. In force on every replica within two seconds.':
    'Thu hồi mã truy cập (RFC 7009). Hệ thống xác thực như khi lấy mã. Có hiệu lực trên mọi máy chủ của cổng trong vòng hai giây.',
  'It is revoked, or opened nothing before': 'Mã đã bị thu hồi, hoặc trước đó không có hiệu lực',
  'What may this system use?': 'Hệ thống này được dùng những gì?',
  'Services and change streams that agreements name, with fields, purposes, headers and the rest of each quota; for the others, the reason and whom to ask.':
    'Các dịch vụ và luồng thay đổi nêu trong thỏa thuận, kèm các trường, mục đích, tiêu đề bắt buộc và hạn mức còn lại; với các dịch vụ khác, lý do không được dùng và cơ quan cần liên hệ.',
  'As the catalogue says at this moment': 'Theo danh mục tại thời điểm này',
  'Who takes part?': 'Những cơ quan nào tham gia?',
  'Agencies, their systems, and the registries that they hold.':
    'Các cơ quan, hệ thống của từng cơ quan và cơ sở dữ liệu mà cơ quan quản lý.',
  'Lines of JSON: `start`, rows, a `next` after each piece of them, `end`. Without `end` it was cut: go on `after` the last `next`. Minimised and scoped as changes are.':
    'Các dòng JSON: `start`, các bản ghi, một `next` sau mỗi phần, `end`. Không có `end` nghĩa là bị ngắt: tiếp tục với `after` là `next` cuối cùng. Giới hạn trường và phạm vi như luồng thay đổi.',
  'The last `next` of the snapshot that is to go on; absent: a new one':
    '`next` cuối cùng của bản chụp cần tiếp tục; không có: bắt đầu bản chụp mới',
  'Beginnings of subjects, separated by commas, at most 64; absent: everything':
    'Phần đầu của các bí danh đối tượng, cách nhau bằng dấu phẩy, tối đa 64; không có: tất cả',
  'The lines': 'Các dòng',
  'Hashes over ranges of subjects (docs/copies.md), at a stated position.':
    'Giá trị băm theo các khoảng bí danh đối tượng (docs/copies.md), tại một vị trí xác định.',
  '`meta.at` of a digest that was made before; absent: of the registry as it is now':
    '`meta.at` của giá trị đối chiếu đã tạo trước; không có: theo cơ sở dữ liệu hiện tại',
  'The requested ranges, and their parts': 'Các khoảng được yêu cầu và thành phần của chúng',
  'It is still being computed: ask at `Location`': 'Đang được tính: hỏi lại tại `Location`',
  'Read the changes of a registry': 'Đọc các thay đổi của một cơ sở dữ liệu',
  "CloudEvents, minimised to the caller's agreement, after a cursor: by pages, or, with `Accept: text/event-stream`, as server-sent events. The id of each is the cursor that goes on after it. A stream ends with its token, when the agreement changes or something is revoked; its last event is `end`, with a `reason`.":
    'CloudEvents, giới hạn theo thỏa thuận của bên gọi, sau một con trỏ: theo trang, hoặc, với `Accept: text/event-stream`, theo server-sent events. Mã (id) của mỗi sự kiện là con trỏ để tiếp tục sau nó. Luồng kết thúc khi mã truy cập hết hạn, khi thỏa thuận thay đổi hoặc khi có thu hồi; sự kiện cuối là `end`, kèm `reason`.',
  'Whose changes; its scope is `{registry}.changes.read`':
    'Cơ sở dữ liệu cần đọc; phạm vi của mã truy cập là `{registry}.changes.read`',
  'A cursor: `meta.next` of a page or the id of an event; absent: from the oldest kept change':
    'Con trỏ: `meta.next` của một trang hoặc mã (id) của một sự kiện; không có: từ thay đổi cũ nhất còn lưu',
  'Events on one page, at most; not for streams': 'Số sự kiện tối đa trên một trang; không dùng cho luồng',
  'Of a stream: the id that was received last; goes before `after`':
    'Với luồng: mã (id) nhận được sau cùng; ưu tiên hơn `after`',
  'A page, or a stream': 'Một trang, hoặc một luồng',
  'Server-sent events; `data` is a CloudEvent (#/components/schemas/CloudEvent)':
    'Server-sent events; `data` là một CloudEvent (#/components/schemas/CloudEvent)',
  'Subscribe to changes at an address of your own': 'Đăng ký nhận thay đổi tại địa chỉ của mình',
  'Asks the endpoint by a signed challenge, which it must give back; then delivers the changes that the agreement grants.':
    'Gửi đến địa chỉ nhận một mã kiểm tra có chữ ký mà địa chỉ phải trả lại; sau đó gửi các thay đổi mà thỏa thuận cho phép.',
  Made: 'Đã tạo',
  'List your subscriptions': 'Danh sách đăng ký nhận của mình',
  'Those of the calling system, newest first.': 'Của hệ thống đang gọi, mới nhất trước.',
  'The subscriptions': 'Các đăng ký nhận',
  'See how a subscription fares': 'Xem tình trạng một đăng ký nhận',
  'Where it stands, and whether its endpoint takes what it gets.':
    'Đã gửi đến đâu, và địa chỉ nhận có tiếp nhận hay không.',
  'The subscription': 'Đăng ký nhận',
  'End a subscription': 'Chấm dứt một đăng ký nhận',
  'For good.': 'Vĩnh viễn.',
  'Pause a subscription': 'Tạm dừng một đăng ký nhận',
  'What changes meanwhile waits, as long as the gateway keeps it.':
    'Các thay đổi trong thời gian này được giữ chờ, trong thời hạn lưu của cổng.',
  'Resume a subscription': 'Tiếp tục một đăng ký nhận',
  'Goes on where it was paused.': 'Tiếp tục từ chỗ đã tạm dừng.',
  'true: store the changes that are right, and say of each what became of it (207); false, as when it is absent: all or nothing':
    'true: lưu các thay đổi đúng và nêu kết quả của từng thay đổi (207); false, cũng như khi không có: lưu tất cả hoặc không lưu gì',
  Committed: 'Đã lưu',
  'With partial=true: the valid changes are committed, and each change has an outcome':
    'Với partial=true: các thay đổi đúng đã được lưu, mỗi thay đổi có một kết quả',
  'The granted fields': 'Các trường được cấp',
  'Is this endpoint wanted?': 'Địa chỉ này có đồng ý nhận không?',
  'Give the challenge back, within the time of a delivery.':
    'Trả lại mã kiểm tra, trong thời hạn của một lần gửi.',
  'Digest of the body (RFC 9530)': 'Giá trị băm của nội dung (RFC 9530)',
  'What is signed (RFC 9421); its tag is lienthong-delivery':
    'Phạm vi được ký (RFC 9421); nhãn (tag) là lienthong-delivery',
  'It is': 'Có',
  Changes: 'Các thay đổi',
  'In order, contiguous by `sequence`; a delivery that is repeated has the same ids and numbers.':
    'Theo thứ tự, `sequence` liên tục; lần gửi lại có cùng mã (id) và số thứ tự.',
  'The subscription ends': 'Đăng ký nhận chấm dứt',
  'Tried again after Retry-After, as with 503': 'Gửi lại sau Retry-After, như với 503',
  Taken: 'Đã tiếp nhận',
  'Tried again, later each time; a redirect is not followed':
    'Gửi lại, mỗi lần muộn hơn; cổng không thực hiện chuyển hướng',
};
