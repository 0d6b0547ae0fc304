import type { IncomingHttpHeaders } from 'node:http';

/** A request that has been read completely. */
export interface Exchange {
  readonly method: string;
  /** Path without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Reply {
  readonly status: number;
  readonly type: 'application/json; charset=utf-8' | 'text/xml; charset=utf-8' | 'text/plain; charset=utf-8';
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request that a registry has parsed and not answered yet. */
export interface ParsedRequest {
  /** The name that statistics count and faults match: `TraCuuThongTinCongDan`, `chiTietDoanhNghiep`, `thuaDat`. */
  readonly operation: string;
  /** Identifiers that tests look for, such as `MaYeuCau`. MUST NOT hold anything of a person. */
  readonly ids: Readonly<Record<string, string>>;
  answer(): Reply;
}

/** The protocol of one registry. */
export interface Protocol {
  open(exchange: Exchange): ParsedRequest;
  /** The registry's own answer to a client without rights. */
  readonly refusal: Reply;
}

/** A change that was applied for the sandbox's provider to push. */
export interface AppliedChange {
  /** The registry's own key of the subject. */
  readonly subject: string;
  readonly version: number;
  /** RFC 3339. */
  readonly occurredAt: string;
  /** Changed fields by the upstream's names. */
  readonly changedFields: readonly string[];
  /** The state after the change, as the registry would send it: an object, or XML as a string. */
  readonly record: unknown;
}

export function json(status: number, value: unknown): Reply {
  return { status, type: 'application/json; charset=utf-8', body: JSON.stringify(value) };
}

export function text(status: number, body: string): Reply {
  return { status, type: 'text/plain; charset=utf-8', body };
}
