/** Why a message signature is refused. The words are fixed: they may be told, and hold nothing of the message. */
const faults = {
  malformed: 'Signature and Signature-Input must be dictionaries of the same labels, each there once',
  ambiguous: 'several signatures claim to be the one that is asked for',
  parameter: 'a parameter of the signature is missing or has a form that is not allowed',
  not_covered: 'the signature does not cover everything that it must',
  component: 'a covered component is unknown, is covered twice, or is not in the message',
  created: 'the signature was not made just now; check the clock',
  key_unknown: 'keyid names no key of the sender',
  algorithm: 'alg is not the algorithm of the key',
  content_digest: 'Content-Digest does not fit the content',
  replayed: 'the nonce was used before',
  mismatch: 'the signature does not fit the message and the key',
} as const;

export type SignatureFault = keyof typeof faults;

/** A signature that does not verify, or not for this purpose. */
export class InvalidSignature extends Error {
  override readonly name = 'InvalidSignature';
  readonly reason: SignatureFault;

  /** @param detail instead of the fault's own words, when more can be told */
  constructor(reason: SignatureFault, detail: string = faults[reason]) {
    super(detail);
    this.reason = reason;
  }
}
