/** Texts of the gateway's own schemas: of envelopes around a record, and of changes. */
import { granted } from '../../circumstances/circumstances.ts';

export const schemaTexts: Readonly<Record<string, string>> = {
  'How many changes were stored, and how many had been before.':
    'Số thay đổi đã lưu, và số thay đổi đã có từ trước.',
  'Changes stored by this call': 'Số thay đổi được lưu trong lần gọi này',
  'Changes that were stored already, with the same content': 'Số thay đổi đã lưu từ trước, cùng nội dung',
  'Number of the agreement that decided': 'Số của thỏa thuận được áp dụng',
  'When the registry answered, or its record': 'Thời điểm cơ sở dữ liệu trả lời, hoặc thời điểm của bản ghi',
  '`pageToken` of the next page; absent on the last': '`pageToken` của trang sau; không có ở trang cuối',
  'Paths of the contract that the agreement does not grant':
    'Các trường của hợp đồng dữ liệu mà thỏa thuận không cấp',
  'Where in the body (RFC 6901)': 'Vị trí trong nội dung (RFC 6901)',
  'Which parameter of the path or the query': 'Tham số nào của đường dẫn hoặc truy vấn',
  'Which header, in lower case': 'Tiêu đề nào, viết thường',
  'Explanation, in the language of `Content-Language`': 'Lỗi gì, theo ngôn ngữ của `Content-Language`',
  'RFC 9457': 'Thông báo lỗi theo RFC 9457',
  'From a closed list': 'Thuộc danh sách cố định',
  'A fixed word that narrows the code': 'Từ cố định làm rõ mã lỗi',
  'Every violation': 'Mọi vi phạm',
  'One versioned change of one subject, rendered for one agreement.':
    'Một thay đổi có phiên bản của một đối tượng, theo một thỏa thuận.',
  "The registry's version of the record: apply only what is higher than what you have. 0: as first registered, in a registry that counts amendments":
    'Phiên bản của bản ghi trong cơ sở dữ liệu: chỉ áp dụng phiên bản cao hơn phiên bản đang có. 0: đăng ký lần đầu, nếu cơ sở dữ liệu đếm số lần thay đổi',
  'The operation; a record that leaves the agreement reads as deleted':
    'Loại thay đổi; bản ghi ra khỏi phạm vi thỏa thuận được coi là đã xóa',
  'Changed fields that are granted, as JSON Pointers into state':
    'Các trường đã thay đổi, theo JSON Pointer trong state, trong phạm vi được cấp',
  'The granted fields of the whole record after the change; absent when deleted':
    'Các trường được cấp của toàn bộ bản ghi sau thay đổi; không có khi đã xóa',
  'The same on every redelivery, also on Kafka': 'Giữ nguyên ở mọi lần gửi lại, cả trên Kafka',
  "The agreement's pseudonym of the subject": 'Bí danh của đối tượng theo thỏa thuận',
  "When, by the registry's clock": 'Thời điểm, theo đồng hồ của cơ sở dữ liệu',
  'JSON Schema of data': 'JSON Schema của data',
  'Contiguous along the cursors': 'Liên tục theo các con trỏ',
  'Number of the agreement': 'Số của thỏa thuận',
  'CloudEvents 1.0, structured mode': 'CloudEvents 1.0, chế độ có cấu trúc',
  'Required when the certificate of the connection authenticates':
    'Bắt buộc khi xác thực bằng chứng thư số của kết nối',
  'JWT signed by the client (RFC 7523), at most 60 s long':
    'JWT do hệ thống ký (RFC 7523), hiệu lực tối đa 60 giây',
  'Services and streams, separated by spaces; what no agreement in force grants is not issued. Absent: all that agreements grant':
    'Các dịch vụ và luồng, cách nhau bằng dấu cách; không cấp những gì không có thỏa thuận đang hiệu lực. Không có: tất cả những gì thỏa thuận cấp',
  'A proof, to which the token is bound (RFC 9449)':
    'Bằng chứng (proof) mà mã truy cập được ràng buộc với (RFC 9449)',
  'Nonce of the next proof, in the answer to a request with a proof (RFC 9449)':
    'Nonce cho bằng chứng tiếp theo, có trong trả lời cho yêu cầu kèm bằng chứng (RFC 9449)',
  'Only the issuer (RFC 8707)': 'Chỉ có thể là bên phát hành (RFC 8707)',
  Seconds: 'Số giây',
  'What was granted, which may be less than what was asked for; left out when it is nothing':
    'Phạm vi được cấp, có thể ít hơn phạm vi yêu cầu; không có nếu không được cấp gì',
  'Code with which a call would be refused (`no_agreement`)': 'Mã lỗi mà lần gọi sẽ nhận (`no_agreement`)',
  'Its number': 'Số thỏa thuận',
  'First day, Vietnam’s time': 'Ngày đầu, giờ Việt Nam',
  'Last day, Vietnam’s time': 'Ngày cuối, giờ Việt Nam',
  [`What ${granted.header} may say`]: `Các giá trị mà ${granted.header} có thể nhận`,
  'Rows: allowed values by dimension': 'Phạm vi bản ghi: các giá trị được phép theo từng chiều',
  'Request properties that may not be used': 'Các trường của yêu cầu không được dùng',
  'The scope of a token for it': 'Phạm vi (scope) của mã truy cập tương ứng',
  'Names the catalogue': 'Mã của danh mục',
  'Registries that the agency holds': 'Các cơ sở dữ liệu do cơ quan quản lý',
  'Cursor of the feed to go on from': 'Con trỏ của feed để đọc tiếp',
  'Position of the topic; absent without Kafka': 'Vị trí của topic Kafka; không có khi không dùng Kafka',
  'Events up to this one are included already': 'Các sự kiện đến số này đã được gửi',
  'Rows sent before, when it goes on': 'Số bản ghi đã gửi trước, khi tiếp tục',
  "The registry's version": 'Phiên bản trong cơ sở dữ liệu',
  'Records that could not be decided': 'Số bản ghi không xác định được',
  'Why it ends here': 'Lý do kết thúc tại đây',
  'How its subjects begin; empty: everything': 'Phần đầu của bí danh đối tượng; rỗng: tất cả',
  Rows: 'Số bản ghi',
  'SHA-256': 'Giá trị băm SHA-256',
  'Of more than 64 rows: the ranges one character longer':
    'Nếu nhiều hơn 64 bản ghi: các khoảng dài hơn một ký tự',
  'Of at most 64 rows': 'Nếu không quá 64 bản ghi',
  'Names the digest, for some minutes': 'Mã của giá trị đối chiếu, trong vài phút',
  '`after` of the next page': '`after` của trang sau',
  'Whether events for this agreement wait after this page':
    'Sau trang này còn sự kiện theo thỏa thuận này hay không',
  'Where to deliver; https. It is asked by a challenge first.':
    'Địa chỉ nhận; https. Trước tiên được kiểm tra bằng một mã kiểm tra.',
  'Whose changes': 'Thay đổi của cơ sở dữ liệu nào',
  'Which entities of it; absent: all that the agreement grants':
    'Các loại bản ghi; không có: tất cả những gì thỏa thuận cấp',
  'Begin with the changes to come, or with the oldest that the gateway keeps':
    'Bắt đầu từ các thay đổi sắp tới, hoặc từ thay đổi cũ nhất còn lưu',
  'The delivery that is being tried again': 'Lần gửi đang được thử lại',
  'Why the last attempt failed, a fixed word': 'Lý do lần gửi gần nhất không thành công, một từ cố định',
  'Number of the agreement that it is under': 'Số của thỏa thuận làm căn cứ',
  'Why it ended': 'Lý do chấm dứt',
  'The agreement is over, grants less or is no longer in the catalogue: the subscription ends then, unless the grant comes back; nothing is delivered meanwhile':
    'Thỏa thuận đã hết hạn, bị thu hẹp hoặc không còn trong danh mục: đăng ký nhận chấm dứt vào lúc này, trừ khi quyền được cấp lại; trong thời gian đó không gửi gì',
  'Of the last event that the endpoint took; 0: none yet':
    'Số thứ tự của sự kiện sau cùng đã được tiếp nhận; 0: chưa có',
  'Events that were given up and not replayed': 'Số sự kiện đã bỏ và chưa gửi lại',
  'Kind of record: person, enterprise, parcel': 'Loại bản ghi: person, enterprise, parcel',
  'Identifier of the record: the personal number, the enterprise code, or commune/sheet/parcel':
    'Mã của bản ghi: số định danh cá nhân, mã số doanh nghiệp, hoặc xã/tờ/thửa',
  "The registry's version of the record, higher with each change":
    'Phiên bản của bản ghi trong cơ sở dữ liệu, tăng theo mỗi thay đổi',
  'What happened': 'Loại thay đổi',
  "When, by the registry's clock (RFC 3339)": 'Thời điểm, theo đồng hồ của cơ sở dữ liệu (RFC 3339)',
  'What changed, as JSON Pointers into data; empty for created and deleted':
    'Các trường đã thay đổi, theo JSON Pointer trong data; rỗng khi tạo mới và khi xóa',
  'The whole state after the change; null or absent when deleted':
    'Toàn bộ bản ghi sau thay đổi; null hoặc không có khi xóa',
  '1 to 1,000 changes, stored all or none. The data of each is checked against the schema of its entity.':
    'Từ 1 đến 1.000 thay đổi, lưu tất cả hoặc không lưu gì. Dữ liệu của mỗi thay đổi được kiểm tra theo lược đồ của loại bản ghi.',
  'Changes, in the order in which they happened': 'Các thay đổi, theo thứ tự xảy ra',
  'JSON Pointer into the batch: /changes/17/data/sex': 'JSON Pointer trong lô: /changes/17/data/sex',
  'In the batch, from 0': 'Vị trí trong lô, từ 0',
  '201 stored, 200 stored before, 400 and 409 refused':
    '201 đã lưu, 200 đã lưu từ trước, 400 và 409 bị từ chối',
  'Why it was refused': 'Lý do bị từ chối',
  'Changes that were not stored': 'Số thay đổi không được lưu',
  'One outcome for each change, in the order of the batch': 'Kết quả của từng thay đổi, theo thứ tự trong lô',
};
