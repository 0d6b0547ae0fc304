/** Why a message signature is refused. The sentences are fixed and hold nothing of the message: they may be sent to anyone. */
import { type Sentence, say } from '../../problems/sentences/sentence.ts';

const faults = {
  malformed: say(
    'Signature and Signature-Input must be dictionaries of the same labels, each there once',
    'Signature và Signature-Input phải là hai từ điển có cùng các nhãn, mỗi nhãn xuất hiện một lần',
  ),
  ambiguous: say(
    'several signatures claim to be the one that is asked for',
    'nhiều chữ ký cùng mang nhãn của chữ ký được yêu cầu',
  ),
  parameter: say(
    'a parameter of the signature is missing or has a form that is not allowed',
    'tham số của chữ ký bị thiếu hoặc không đúng dạng',
  ),
  not_covered: say(
    'the signature does not cover everything that it must',
    'chữ ký không bao phủ đủ các thành phần bắt buộc',
  ),
  component: say(
    'a covered component is unknown, is covered twice, or is not in the message',
    'thành phần được ký không xác định, bị ký hai lần hoặc không có trong thông điệp',
  ),
  created: say(
    'the signature was not made just now; check the clock',
    'chữ ký không được tạo tại thời điểm gửi; hãy kiểm tra đồng hồ',
  ),
  key_unknown: say('keyid names no key of the sender', 'keyid không ứng với khóa nào của bên gửi'),
  algorithm: say('alg is not the algorithm of the key', 'alg không phải thuật toán của khóa'),
  content_digest: say('Content-Digest does not fit the content', 'Content-Digest không khớp với nội dung'),
  replayed: say('the nonce was used before', 'nonce đã được dùng'),
  mismatch: say(
    'the signature does not fit the message and the key',
    'chữ ký không khớp với thông điệp và khóa',
  ),
} as const satisfies Record<string, Sentence>;

export type SignatureFault = keyof typeof faults;

/** The signature does not verify, or is not for this purpose. */
export class InvalidSignature extends Error {
  override readonly name = 'InvalidSignature';
  readonly reason: SignatureFault;
  readonly sentence: Sentence;

  /** @param sentence a more precise one than the fault's own */
  constructor(reason: SignatureFault, sentence: Sentence = faults[reason]) {
    super(sentence.detail);
    this.reason = reason;
    this.sentence = sentence;
  }
}
