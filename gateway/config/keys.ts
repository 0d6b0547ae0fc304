/** The gateway's own keys, and its requirements for tokens. */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { flag, integer } from '../../adapters/config/parsers.ts';
import type { Owner, Reader, Report } from '../../adapters/config/variables.ts';
import { parseOperators } from './operators-file.ts';

export const keys = {
  title: 'Keys, tokens and operators',
  variables: [
    {
      name: 'MASTER_KEY',
      default: undefined,
      about:
        'at least 32 random bytes, base64url; keys for evidence, pseudonyms and storage are derived from it; required',
      secret: true,
      parse: readMasterKey,
    },
    {
      name: 'SIGNING_KEY',
      default: undefined,
      about:
        'private key (P-256, PKCS#8, PEM or base64) that signs access tokens; unset: the gateway makes and changes its own',
      secret: true,
      parse: readSigningKey,
    },
    {
      name: 'SIGNING_KEY_ROTATION_DAYS',
      default: '90',
      about: 'days after which the gateway changes a key of its own making',
      parse: integer(1, 3650),
    },
    {
      name: 'REQUIRE_BOUND_TOKENS',
      default: 'false',
      about:
        'true: no token is issued or taken that is not bound to a DPoP key or a client certificate, also of external issuers',
      parse: flag,
    },
    {
      name: 'OPERATOR_TOKEN',
      default: undefined,
      about:
        "at least 32 random characters, to be sent as a bearer token to /admin on the operators' port; recorded as operator, whoever sends it",
      secret: true,
      parse: readOperatorToken,
    },
    {
      name: 'OPERATORS_FILE',
      default: undefined,
      about:
        'YAML { operators: [ { name, tokenSha256, validUntil } ] }: a token for each person, made by lienthong operators token; read again when it changes, at the next request. Without it and OPERATOR_TOKEN there is no /admin',
      parse: readOperatorsFile,
    },
  ],
} as const satisfies Owner;

type Rows = typeof keys.variables;

export interface KeysConfig {
  /** At least 32 bytes. The gateway derives its other secrets from it (HKDF). PostgreSQL does not hold it. */
  readonly masterKey: Buffer;
  /** The operator's own key that signs tokens; `undefined`: the gateway generates keys and rotates them. */
  readonly signingKey: KeyObject | undefined;
  readonly signingKeyRotationDays: number;
  /** `true`: the gateway neither issues nor accepts unbound tokens, even if the file of a system allows them. */
  readonly requireBoundTokens: boolean;
  /** The shared token for the admin endpoints. Without it and without a list of operators there are no such endpoints. */
  readonly operatorToken: string | undefined;
  /** The path of the list of operators, which is read again when the file changes. */
  readonly operatorsFile: string | undefined;
}

export function readKeys(read: Reader<Rows>): KeysConfig {
  return {
    masterKey: read.required('MASTER_KEY'),
    signingKey: read.value('SIGNING_KEY'),
    signingKeyRotationDays: read.value('SIGNING_KEY_ROTATION_DAYS'),
    requireBoundTokens: read.value('REQUIRE_BOUND_TOKENS'),
    operatorToken: read.value('OPERATOR_TOKEN'),
    operatorsFile: read.value('OPERATORS_FILE'),
  };
}

/** A header carries the token, so it is ASCII without spaces. */
function readOperatorToken(text: string, report: Report): string {
  const isToken = /^[\x21-\x7e]{32,}$/.test(text);
  if (!isToken) report.fail('must be at least 32 characters of ASCII without spaces');
  return text;
}

function readOperatorsFile(file: string, report: Report): string {
  try {
    parseOperators(readFileSync(file, 'utf8'));
  } catch (error) {
    report.fail((error as Error).message);
  }
  return file;
}

function readMasterKey(text: string, report: Report): Buffer {
  const key = Buffer.from(text, 'base64url');
  // Node skips characters outside base64, so a passphrase would become a key of fewer bytes than its letters encode.
  const isBase64 = /^[A-Za-z0-9_+/-]+={0,2}$/.test(text);
  if (!isBase64 || key.length < 32) report.fail('must be at least 32 bytes, base64url');
  return key;
}

function readSigningKey(text: string, report: Report): KeyObject | undefined {
  try {
    const key = text.includes('-----BEGIN')
      ? createPrivateKey(text)
      : createPrivateKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'pkcs8' });
    if (key.asymmetricKeyDetails?.namedCurve === 'prime256v1') return key;
  } catch {
    // Reported below; the error's own message might hold a part of the key.
  }
  return report.fail('must be a private key for P-256, PKCS#8 in PEM or base64');
}
