/** What the load generator is told to do, and what it tells of it. */
export interface LoadJob {
  readonly port: number;
  readonly connections: number;
  readonly seconds: number;
  /** Whole HTTP/1.1 requests, sent in turn. */
  readonly requests: readonly string[];
}

export interface LoadResult {
  /** Answers, all of them with status 200. */
  readonly answers: number;
  /** From the first request to the last answer. */
  readonly seconds: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Bodies of some answers, with the index of the request that each belongs to. */
  readonly samples: readonly { readonly request: number; readonly body: string }[];
}
