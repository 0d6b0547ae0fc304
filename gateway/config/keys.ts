/** The gateway's own keys, and what it asks of tokens. */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parseOperators } from './operators-file.ts';
import type { NameOf, Reader, Variable } from './reader.ts';

export const keyVariables = [
  {
    name: 'MASTER_KEY',
    default: undefined,
    about:
      'at least 32 random bytes, base64url; keys for evidence, pseudonyms and storage are derived from it; required',
    secret: true,
  },
  {
    name: 'SIGNING_KEY',
    default: undefined,
    about:
      'private key (P-256, PKCS#8, PEM or base64) that signs access tokens; unset: the gateway makes and changes its own',
    secret: true,
  },
  {
    name: 'SIGNING_KEY_ROTATION_DAYS',
    default: '90',
    about: 'days after which the gateway changes a key of its own making',
  },
  {
    name: 'REQUIRE_BOUND_TOKENS',
    default: 'false',
    about:
      'true: no token is issued or taken that is not bound to a DPoP key or a client certificate, also of external issuers',
  },
  {
    name: 'OPERATOR_TOKEN',
    default: undefined,
    about:
      "at least 32 random characters, to be sent as a bearer token to /admin on the operators' port; recorded as operator, whoever sends it",
    secret: true,
  },
  {
    name: 'OPERATORS_FILE',
    default: undefined,
    about:
      'YAML { operators: [ { name, tokenSha256, validUntil } ] }: a token for each person, made by lienthong operators token; read again when it changes, at the next request. Without it and OPERATOR_TOKEN there is no /admin',
  },
] as const satisfies readonly Variable[];

type Name = NameOf<typeof keyVariables>;

export interface KeysConfig {
  /** 32 bytes or more; every other secret of the gateway is derived from it (HKDF). Not in PostgreSQL. */
  readonly masterKey: Buffer;
  /** The operator's own key to sign tokens with; without it keys are made, and changed after so many days. */
  readonly signingKey: KeyObject | undefined;
  readonly signingKeyRotationDays: number;
  /** Are tokens that are bound to nothing neither issued nor taken, whatever the contracts of systems say? */
  readonly requireBoundTokens: boolean;
  /** For the admin endpoints of the operators' port; without it and a list of operators there are none. */
  readonly operatorToken: string | undefined;
  /** The list of operators, which may change. */
  readonly operatorsFile: string | undefined;
}

export function readKeys(read: Reader<Name>): KeysConfig {
  return {
    masterKey: readMasterKey(read),
    signingKey: readSigningKey(read),
    signingKeyRotationDays: read.integer('SIGNING_KEY_ROTATION_DAYS', 1, 3650),
    requireBoundTokens: read.boolean('REQUIRE_BOUND_TOKENS'),
    operatorToken: readOperatorToken(read),
    operatorsFile: readOperatorsFile(read),
  };
}

/** A header field carries it: ASCII, without spaces. */
export function readOperatorToken(read: Reader<Name>): string | undefined {
  const token = read.text('OPERATOR_TOKEN');
  if (token === undefined || /^[\x21-\x7e]{32,}$/.test(token)) return token;
  return read.fail('OPERATOR_TOKEN', 'must be at least 32 characters of ASCII without spaces');
}

function readOperatorsFile(read: Reader<Name>): string | undefined {
  const file = read.text('OPERATORS_FILE');
  if (file === undefined) return undefined;
  try {
    parseOperators(readFileSync(file, 'utf8'));
  } catch (error) {
    read.fail('OPERATORS_FILE', (error as Error).message);
  }
  return file;
}

function readMasterKey(read: Reader<Name>): Buffer {
  const text = read.required('MASTER_KEY');
  const key = Buffer.from(text, 'base64url');
  // Node leaves out what is no base64: a passphrase would be taken for fewer bytes than it has letters.
  const isBase64 = /^[A-Za-z0-9_+/-]+={0,2}$/.test(text);
  if (text !== '' && (!isBase64 || key.length < 32)) {
    read.fail('MASTER_KEY', 'must be at least 32 bytes, base64url');
  }
  return key;
}

function readSigningKey(read: Reader<Name>): KeyObject | undefined {
  const text = read.text('SIGNING_KEY');
  if (text === undefined) return undefined;
  try {
    const key = text.includes('-----BEGIN')
      ? createPrivateKey(text)
      : createPrivateKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'pkcs8' });
    if (key.asymmetricKeyDetails?.namedCurve === 'prime256v1') return key;
  } catch {
    // Reported below, without a word of the key.
  }
  return read.fail('SIGNING_KEY', 'must be a private key for P-256, PKCS#8 in PEM or base64');
}
