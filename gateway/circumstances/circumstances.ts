/**
 * The circumstances of a call: its caller declares them in header fields, and evidence keeps them (Law 91/2025: the
 * purpose of each use; Decree 278/2025: each use can be traced).
 *
 * A row is one circumstance, and no other code names it. The request flow, evidence, signatures, OpenAPI, the shape of
 * agreements and the command line iterate over this table. One more header takes one more row, a migration that adds its
 * column to the table `evidence` and to the view `evidence_entry`, and its line in docs/agencies/call-a-service.md and .vi.md.
 */
import { type Sentence, say } from '../problems/sentences/sentence.ts';

interface Row {
  /** The header field, as agreements and documents write it. */
  readonly header: string;
  /** The member of `Circumstances`. */
  readonly member: string;
  /** The column of the table `evidence`: text, or NULL where nothing was declared. */
  readonly column: string;
  /** The option of commands that call the gateway, and the placeholder for its value in the usage text. */
  readonly option: string;
  readonly argument: string;
  /** Matches every allowed value. No shape allows a space: Node joins two lines of one field with ", ". */
  readonly shape: RegExp;
  /** The description of the shape, and a valid value. */
  readonly form: Sentence;
  readonly example: string;
  /** The description of the OpenAPI parameter. */
  readonly about: { readonly en: string; readonly vi: string };
  /** The member of an agreement that lists the allowed values. One row has it: the values of the others are the caller's. */
  readonly grantedBy?: 'purposes';
}

const rows = [
  {
    header: 'X-Purpose',
    member: 'purpose',
    column: 'purpose',
    option: 'purpose',
    argument: 'WORD',
    shape: /^[a-z0-9][a-z0-9-]{0,63}$/,
    form: say(
      'must be 1 to 64 lower-case letters, digits and hyphens',
      'phải gồm 1 đến 64 chữ thường không dấu, chữ số, dấu gạch nối',
    ),
    example: 'tax-assessment',
    about: {
      en: 'Purpose of use, one that the agreement names; required unless the agreement says otherwise',
      vi: 'Mục đích sử dụng, là một mục đích nêu trong thỏa thuận; bắt buộc, trừ khi thỏa thuận quy định khác',
    },
    grantedBy: 'purposes',
  },
  {
    header: 'X-Case-Id',
    member: 'caseId',
    column: 'case_id',
    option: 'case',
    argument: 'ID',
    // As long as the registries take (DOMAIN: a dossier's code has at most 40 characters).
    shape: /^[!-~]{1,40}$/,
    form: say(
      'must be 1 to 40 characters of ASCII without spaces',
      'phải gồm 1 đến 40 ký tự ASCII, không có dấu cách',
    ),
    example: 'HS-2026-000123',
    about: {
      en: 'Dossier; required when the agreement says so',
      vi: 'Mã hồ sơ; bắt buộc khi thỏa thuận yêu cầu',
    },
  },
  {
    header: 'X-Officer-Id',
    member: 'officerId',
    column: 'officer_id',
    option: 'officer',
    argument: 'ID',
    // As long as the registries take (DOMAIN: an officer's code has at most 20 characters).
    shape: /^[!-~]{1,20}$/,
    form: say(
      'must be 1 to 20 characters of ASCII without spaces',
      'phải gồm 1 đến 20 ký tự ASCII, không có dấu cách',
    ),
    example: 'CB-0042',
    about: {
      en: 'Officer; required when the agreement says so',
      vi: 'Mã cán bộ; bắt buộc khi thỏa thuận yêu cầu',
    },
  },
] as const satisfies readonly Row[];

type AnyRow = (typeof rows)[number];
type GrantedRow = Extract<AnyRow, { readonly grantedBy: string }>;

/** The circumstances of a call under its agreement. The granted circumstance always has a value. */
export type Circumstances = {
  readonly [R in AnyRow as R['member']]: R extends GrantedRow ? string : string | undefined;
};

/** The circumstances of an entry of evidence, which has none when no call led to it. */
export type RecordedCircumstances = { readonly [member in keyof Circumstances]: string | undefined };

/** A row, with the names that follow from its header. */
export interface Circumstance extends Row {
  readonly member: AnyRow['member'];
  readonly option: AnyRow['option'];
  /** The field in lower case: as requests have it, and the component that signatures cover (RFC 9421, section 2.1). */
  readonly field: string;
  /** The parameter's name among OpenAPI's components: `CaseId`. */
  readonly parameter: string;
  /** The violation for a value that does not have the shape. */
  readonly refusal: Sentence;
}

export const circumstances: readonly Circumstance[] = rows.map((row) => ({
  ...row,
  field: row.header.toLowerCase(),
  parameter: row.header.replaceAll(/^X-|-/g, ''),
  refusal: say(`${row.form.detail}, such as ${row.example}`, `${row.form.vi}, ví dụ ${row.example}`),
}));

type Granted = Circumstance & Pick<GrantedRow, 'member' | 'grantedBy'>;

/** The circumstance that agreements list: it decides which agreement a call is under. */
export const granted: Granted = circumstances.find((row): row is Granted => row.grantedBy !== undefined)!;

/** The part of an agreement that lists what it grants. */
export type Granting = Readonly<Record<Granted['grantedBy'], readonly string[]>>;

/** The circumstances alone, of a value that has more members. */
export function pickCircumstances(value: Circumstances): Circumstances {
  return Object.fromEntries(circumstances.map(({ member }) => [member, value[member]])) as Circumstances;
}
