/**
 * The closed table of sentences for the gateway's own checks of a request. Sentences for contracts are in `keywords.ts` and
 * `formats.ts`, those for message signatures in `signatures/format/invalid-signature.ts`.
 */
import { say } from './sentence.ts';

export const checks = {
  // Headers
  requiredByAgreement: say('is required by the agreement', 'là bắt buộc theo thỏa thuận'),
  requiredByService: say('is required by the service', 'là bắt buộc đối với dịch vụ này'),
  idempotencyKeyForm: (most: number) =>
    say(
      `must be one string or token of 1 to ${most} characters, such as "8e03978e-40d5-43e8-bc93-6894a57f9324"`,
      `phải là một chuỗi, hoặc một giá trị không có dấu ngoặc kép, gồm 1 đến ${most} ký tự, ví dụ "8e03978e-40d5-43e8-bc93-6894a57f9324"`,
    ),
  certificateFromProxies: say(
    'is taken from the proxies of this gateway only',
    'chỉ được nhận từ máy chủ proxy của cổng',
  ),
  certificateOnce: say('must occur once', 'chỉ được xuất hiện một lần'),
  certificateBytes: say('is not a byte sequence', 'không phải chuỗi byte (RFC 8941)'),
  certificateUnreadable: say('is not a certificate', 'không phải chứng thư số'),
  certificateKeyType: say(
    'holds a key of a type that is not accepted',
    'chứa khóa thuộc loại không được chấp nhận',
  ),
  cursor: say(
    'is not a cursor that this gateway gave for this request under this agreement',
    'không phải con trỏ do cổng cấp cho yêu cầu này theo thỏa thuận này',
  ),

  // Addresses: paths and queries
  unknownParameter: say('is not a parameter of this service', 'không phải tham số của dịch vụ này'),
  givenByPath: say('is given by the path already', 'đã có trong đường dẫn'),
  givenOnce: say('may be given only once', 'chỉ được gửi một lần'),
  controlCharacters: say('has control characters', 'có ký tự điều khiển'),
  trueOrFalse: say('must be true or false', 'phải là true hoặc false'),
  wholeNumber: (from: number, to: number) =>
    say(`must be a whole number from ${from} to ${to}`, `phải là số nguyên từ ${from} đến ${to}`),
  ofPagesOnly: say('is a parameter of pages, not of a stream', 'là tham số của trang, không dùng cho luồng'),
  digestName: say('is not the name of a digest', 'không phải mã của một giá trị đối chiếu'),
  ranges: (most: number) =>
    say(
      `must be 1 to ${most} beginnings of subjects, separated by commas`,
      `phải gồm 1 đến ${most} phần đầu của bí danh đối tượng (subject), cách nhau bằng dấu phẩy`,
    ),
  pageToken: say(
    'is not a page token of this gateway for this request',
    'không phải mã trang do cổng cấp cho yêu cầu này',
  ),
  criterion: say('filters by a field that is not granted', 'lọc theo trường dữ liệu mà thỏa thuận không cấp'),

  // Bodies
  notUtf8: say('not UTF-8', 'không phải UTF-8'),
  notJson: say('not JSON', 'không phải JSON'),
  repeatedName: say(
    'a member name occurs twice in one object',
    'một tên trường xuất hiện hai lần trong cùng một đối tượng JSON',
  ),
  nestedDeeper: (most: number) => say(`nested deeper than ${most}`, `lồng nhau quá ${most} cấp`),
  protoName: say('the member name "__proto__" is not allowed', 'không được dùng tên trường "__proto__"'),
  required: say('is required', 'là bắt buộc'),
  notText: say('a text is not of Unicode characters', 'có văn bản không phải ký tự Unicode'),
  nul: say('has a NUL (U+0000)', 'có ký tự NUL (U+0000)'),
  halfSurrogate: say(
    'has half of a surrogate pair, which is no Unicode character',
    'có nửa cặp ký tự thay thế (surrogate), không phải ký tự Unicode',
  ),
  noncharacter: say(
    'has a code point that Unicode keeps free of characters, such as U+FFFE',
    'có mã không phải ký tự của Unicode, ví dụ U+FFFE',
  ),

  // Subscriptions
  addressForm: say(
    'must be an address without a fragment',
    'phải là địa chỉ hợp lệ, không có phần sau dấu #',
  ),
  addressRefused: say(
    'must be an https address that the gateway may call',
    'phải là địa chỉ https mà cổng được phép gọi đến',
  ),
  noChanges: say('has no changes', 'không có thay đổi để đăng ký nhận'),
  entitiesNotGranted: say(
    'must be entities that the agreement grants',
    'phải là các loại bản ghi mà thỏa thuận cấp',
  ),

  // Changes that are published
  unknownEntity: say('is not an entity of this registry', 'không phải loại bản ghi của cơ sở dữ liệu này'),
  changeTooLarge: (bytes: number) =>
    say(
      `is larger, with changedFields, than ${bytes} bytes`,
      `vượt quá ${bytes} byte, tính cả changedFields`,
    ),
  changeConflict: say(
    'this version of the subject is known with other content',
    'phiên bản này của đối tượng đã có với nội dung khác',
  ),
  subjectForm: say(
    'is not a well-formed identifier of the entity',
    'không phải mã định danh hợp lệ của loại bản ghi này',
  ),
  unknownField: say('leads to no field of the entity', 'không dẫn đến trường nào của loại bản ghi này'),
  dataOfDeleted: say('a deleted subject has no data', 'đối tượng đã xóa thì không có data'),
  subjectDiffers: say('is not the subject of data', 'không phải đối tượng nêu trong data'),
  otherVersion: say('is not the version of the change', 'không phải phiên bản của thay đổi này'),
  inTheFuture: (minutes: number) =>
    say(`is more than ${minutes} minutes in the future`, `muộn hơn thời điểm hiện tại quá ${minutes} phút`),
  tooLongAgo: (first: string) => say(`is before ${first}`, `sớm hơn ngày ${first}`),
  noCommune: say(
    'is the code of no commune, of today or before',
    'không phải mã của xã, phường, đặc khu nào, hiện nay hay trước đây',
  ),
  misplaced: say('does not belong to where the record is', 'không thuộc đơn vị hành chính của bản ghi'),
  versionAhead: (most: number) =>
    say(`is more than ${most} above the version known`, `lớn hơn phiên bản đã biết quá ${most} đơn vị`),
  versionUnfounded: (most: number) =>
    say(
      `is above ${most}, and no lower one is known within the scope of the agreement`,
      `lớn hơn ${most}, và chưa biết phiên bản nào thấp hơn trong phạm vi của thỏa thuận`,
    ),
  unnamedFields: (fields: readonly string[]) =>
    say(
      `does not name what changed: ${fields.join(', ')}`,
      `không nêu các trường đã thay đổi: ${fields.join(', ')}`,
    ),
  outsideScope: say('is outside the scope of the agreement', 'nằm ngoài phạm vi của thỏa thuận'),

  // The operators' port
  notOfCatalogue: (kind: string) =>
    say(`is no ${kind} of the catalogue`, `không phải ${kind} trong danh mục`),
  selectsNobody: say(
    'names no topic and no active subscription',
    'không ứng với topic hay đăng ký nào đang hoạt động',
  ),
  sequenceOfSeveral: say(
    'needs one topic or one subscription: name it',
    'chỉ dùng cho một topic hoặc một đăng ký: hãy nêu rõ',
  ),
  deadLetterGone: (sequence: number) =>
    say(`the dead letter ${sequence} is no longer kept`, `lần gửi đã bỏ, số ${sequence}, không còn được giữ`),
  firstReplayable: (sequence: number) =>
    say(
      `the first number that can be sent again is ${sequence}`,
      `số đầu tiên còn gửi lại được là ${sequence}`,
    ),
  nothingReplayable: say(
    'nothing that was sent can be sent again',
    'không còn gửi lại được nội dung nào đã gửi',
  ),
  /** A finding of `lienthong check`: it names file and line, and is in English. */
  finding: (text: string) => say(text, text),
} as const;
