/** An entry as a row of the table `evidence`, in COPY's binary format. */

import { circumstances } from '../../circumstances/circumstances.ts';
import { randomBytes, uuidv7 } from '../../runtime/random-bytes.ts';
import type { Secrets } from '../../store/secrets.ts';
import type { EvidenceEntry } from '../evidence.ts';
import type { CopyBuffer } from './copy-format.ts';
import { saltedDigest } from './digest.ts';

const columns = [
  ...['id', 'request_id', 'kind', 'agency', 'system', 'key_thumbprint', 'token_id', 'agreement'],
  ...circumstances.map(({ column }) => column),
  ...['legal_basis', 'service', 'key_version', 'subjects', 'fields', 'status', 'code', 'reason'],
  ...['salt', 'request_digest', 'response_digest'],
  ...['request_signature_input', 'request_signature', 'request_signature_base', 'response_signature'],
];

export const COPY_EVIDENCE = `COPY evidence (${columns.join(', ')}) FROM STDIN (FORMAT binary)`;

/** Writes `entry`, in the order of `columns`, with a salt of its own. */
export function writeRow(to: CopyBuffer, entry: EvidenceEntry, secrets: Secrets, now: number): void {
  const salt = randomBytes(32);
  to.tuple(columns.length);
  to.bytes(entry.id === undefined ? uuidv7(now) : Buffer.from(entry.id.replaceAll('-', ''), 'hex'));
  to.text(entry.requestId);
  to.text(entry.kind);
  to.text(entry.agency);
  to.text(entry.system);
  to.text(entry.keyThumbprint);
  to.text(entry.tokenId);
  to.text(entry.agreement);
  for (const { member } of circumstances) to.text(entry[member]);
  to.textArray(entry.legalBasis);
  to.text(entry.service);
  to.text(secrets.keyVersion);
  to.byteaArray(entry.subjects.map(secrets.hashSubject));
  to.encoded(entry.fields?.digest, 'hex');
  to.smallint(entry.status);
  to.text(entry.code);
  to.text(entry.reason);
  to.bytes(salt);
  to.encoded(entry.request === undefined ? undefined : saltedDigest(salt, entry.request), 'latin1');
  to.encoded(entry.response === undefined ? undefined : saltedDigest(salt, entry.response), 'latin1');
  to.text(entry.requestSignature?.input);
  to.bytes(entry.requestSignature?.signature);
  to.bytes(entry.requestSignature?.baseDigest);
  to.encoded(entry.responseSignature && saltedDigest(salt, entry.responseSignature), 'latin1');
}
