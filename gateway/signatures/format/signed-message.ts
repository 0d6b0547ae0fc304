/** The signatures of a message (RFC 9421, 4), and the two primitives: create (3.1), verify (3.2). */
import type { KeyObject } from 'node:crypto';
import { type InnerList, type Item, type Parameters, serializeDictionary } from 'structured-headers';
import { say } from '../../problems/sentences/sentence.ts';
import { algorithmFor } from './algorithms.ts';
import { signatureBase } from './base.ts';
import { isInnerListOfStrings, readDictionary } from './dictionary.ts';
import { InvalidSignature } from './invalid-signature.ts';
import type { Fields, SignatureContext } from './message.ts';

/** One signature of a message. */
export interface MessageSignature {
  readonly label: string;
  /** The member of Signature-Input: covered components and parameters. */
  readonly input: InnerList;
  readonly signature: Buffer;
}

/** The parameters that the RFC defines (2.3). */
export interface SignatureParameters {
  /** Seconds since the epoch. */
  readonly created: number | undefined;
  readonly expires: number | undefined;
  readonly nonce: string | undefined;
  readonly alg: string | undefined;
  readonly keyid: string | undefined;
  readonly tag: string | undefined;
}

/**
 * All signatures of a message, in order.
 * @throws InvalidSignature `malformed`: not dictionaries, a repeated label, or a label in one of the two fields only
 */
export function readSignatures(fields: Fields): MessageSignature[] {
  try {
    const inputs = readDictionary(fields('signature-input'));
    const signatures = readDictionary(fields('signature'));
    if (inputs.size !== signatures.size) throw new InvalidSignature('malformed');
    return [...inputs].map(([label, input]) => {
      const [signature] = signatures.get(label) ?? [];
      if (!isInnerListOfStrings(input) || !(signature instanceof ArrayBuffer)) {
        throw new InvalidSignature('malformed');
      }
      return { label, input, signature: Buffer.from(signature) };
    });
  } catch (cause) {
    throw cause instanceof InvalidSignature ? cause : new InvalidSignature('malformed');
  }
}

/** @throws InvalidSignature `parameter` when one has a type that the RFC does not give it */
export function parametersOf([, parameters]: InnerList): SignatureParameters {
  return {
    created: integer(parameters, 'created'),
    expires: integer(parameters, 'expires'),
    nonce: string(parameters, 'nonce'),
    alg: string(parameters, 'alg'),
    keyid: string(parameters, 'keyid'),
    tag: string(parameters, 'tag'),
  };
}

/**
 * Verifies one signature by a key, and returns its base.
 * @throws InvalidSignature `component`, `algorithm`, `mismatch`
 */
export function verifySignature(
  { input, signature }: MessageSignature,
  context: SignatureContext,
  publicKey: KeyObject,
): Buffer {
  const algorithm = algorithmFor(publicKey);
  const { alg } = parametersOf(input);
  if (!algorithm || (alg !== undefined && alg !== algorithm.name)) throw new InvalidSignature('algorithm');
  const base = Buffer.from(signatureBase(input, context), 'latin1');
  if (!algorithm.verify(base, publicKey, signature)) throw new InvalidSignature('mismatch');
  return base;
}

/** A new signature, and the two fields that carry it. */
export interface CreatedSignature {
  readonly signature: Buffer;
  readonly fields: { readonly 'signature-input': string; readonly signature: string };
}

/**
 * Signs a message by the algorithm of the key.
 * @param parameters in the order of the signature's parameters
 * @throws InvalidSignature `component`; TypeError for a key without an algorithm
 */
export function createSignature(
  label: string,
  covered: readonly Item[],
  parameters: Parameters,
  context: SignatureContext,
  privateKey: KeyObject,
): CreatedSignature {
  const algorithm = algorithmFor(privateKey);
  if (!algorithm) throw new TypeError('no signature algorithm takes this key');
  const input: InnerList = [[...covered], parameters];
  const signature = algorithm.sign(Buffer.from(signatureBase(input, context), 'latin1'), privateKey);
  return {
    signature,
    fields: {
      'signature-input': serializeDictionary(new Map([[label, input]])),
      signature: `${label}=:${signature.toString('base64')}:`,
    },
  };
}

function integer(parameters: Parameters, name: string): number | undefined {
  const value = parameters.get(name);
  if (value === undefined || (typeof value === 'number' && Number.isInteger(value))) return value;
  throw new InvalidSignature(
    'parameter',
    say(`the parameter ${name} must be an integer`, `tham số ${name} phải là số nguyên`),
  );
}

function string(parameters: Parameters, name: string): string | undefined {
  const value = parameters.get(name);
  if (value === undefined || typeof value === 'string') return value;
  throw new InvalidSignature(
    'parameter',
    say(`the parameter ${name} must be a string`, `tham số ${name} phải là chuỗi ký tự`),
  );
}
