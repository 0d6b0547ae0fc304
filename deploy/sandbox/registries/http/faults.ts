/** How requests are to go wrong: the body of `PUT /control/faults`. Several may be combined. */
export interface Fault {
  /**
   * Go wrong before the registry does anything: a request that changes something changes nothing when it is dropped,
   * refused or failed, and the wait comes first. Without it the registry has acted, and the answer goes wrong.
   */
  readonly before?: boolean;
  /** Wait before answering. */
  readonly delayMs?: number;
  /** Destroy the socket without an answer. */
  readonly drop?: boolean;
  /** Answer with this HTTP status and no usable body. */
  readonly status?: number;
  /** Refuse as the registry refuses a client without rights. */
  readonly refuse?: boolean;
  /** Break the syntax of the body. */
  readonly malformed?: boolean;
  /** Keep the envelope and give every value in it another type. */
  readonly wrongSchema?: boolean;
  /** Announce the whole body, send half of it, destroy the socket. */
  readonly truncate?: boolean;
  /** Pad the body with white space to at least this many bytes. */
  readonly oversize?: number;
  /** Report this many records more than there are (`DataCount`), as if some came or went while a list is paged. */
  readonly recount?: number;
  /** Number of requests that the fault affects; all of them if absent. */
  readonly count?: number;
  /** Only requests whose path or operation contains this. */
  readonly match?: string;
}

const TYPES: Readonly<Record<keyof Fault, 'number' | 'boolean' | 'string'>> = {
  before: 'boolean',
  delayMs: 'number',
  drop: 'boolean',
  status: 'number',
  refuse: 'boolean',
  malformed: 'boolean',
  wrongSchema: 'boolean',
  truncate: 'boolean',
  oversize: 'number',
  recount: 'number',
  count: 'number',
  match: 'string',
};

/** The fault that a JSON text describes, undefined if it describes none. */
export function parseFault(body: string): Fault | undefined {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const known = Object.entries(value).every(
    ([key, setting]) => Object.hasOwn(TYPES, key) && typeof setting === TYPES[key as keyof Fault],
  );
  return known ? (value as Fault) : undefined;
}

/** The present fault, and the number of requests that it still affects. */
export class Faults {
  #fault: Fault | undefined;
  #left = 0;

  set(fault: Fault): void {
    this.#fault = fault;
    this.#left = fault.count ?? Number.POSITIVE_INFINITY;
  }

  clear(): void {
    this.#fault = undefined;
  }

  get current(): { fault: Fault | null; left: number | null } {
    return { fault: this.#fault ?? null, left: Number.isFinite(this.#left) ? this.#left : null };
  }

  /** The fault for a request, counted as used; undefined if the request gets a normal answer. */
  take(path: string, operation: string): Fault | undefined {
    const fault = this.#fault;
    if (fault === undefined || this.#left <= 0) return undefined;
    if (fault.match !== undefined && !path.includes(fault.match) && !operation.includes(fault.match))
      return undefined;
    this.#left--;
    return fault;
  }
}
