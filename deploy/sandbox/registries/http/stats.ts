import type { IncomingHttpHeaders } from 'node:http';
import type { ParsedRequest } from './protocol.ts';

/** Headers that tests look for; credentials and bodies are not kept. */
const HEADERS = [
  'x-request-id',
  'x-case-id',
  'traceparent',
  'x-road-client',
  'user-agent',
  'soapaction',
] as const;

interface OperationStats {
  readonly count: number;
  /** The values of the last request. */
  readonly ids: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
}

/** Counts the requests to a registry: the answer of `GET /control/stats`. */
export class Stats {
  #requests = 0;
  #faulty = 0;
  readonly #operations = new Map<string, OperationStats>();

  record({ operation, ids }: ParsedRequest, headers: IncomingHttpHeaders): void {
    this.#requests++;
    const count = (this.#operations.get(operation)?.count ?? 0) + 1;
    this.#operations.set(operation, { count, ids, headers: ofInterest(headers) });
  }

  recordFault(): void {
    this.#faulty++;
  }

  clear(): void {
    this.#requests = 0;
    this.#faulty = 0;
    this.#operations.clear();
  }

  toJSON() {
    return {
      requests: this.#requests,
      faulty: this.#faulty,
      operations: Object.fromEntries([...this.#operations].map(([name, { count }]) => [name, count])),
      last: Object.fromEntries(
        [...this.#operations].map(([name, { ids, headers }]) => [name, { ids, headers }]),
      ),
    };
  }
}

function ofInterest(headers: IncomingHttpHeaders): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of HEADERS) {
    const value = headers[name];
    if (typeof value === 'string') kept[name] = value;
  }
  return kept;
}
