/** The messages to and from the load generator: the job, and its result. */
export interface LoadJob {
  readonly port: number;
  readonly connections: number;
  readonly seconds: number;
  /** Whole HTTP/1.1 requests, sent in turn. */
  readonly requests: readonly string[];
  /** To connect by TLS. */
  readonly tls?: ClientTls | undefined;
  /** To send a new DPoP proof in each request. */
  readonly proving?: Proving | undefined;
}

/** PEM texts. */
export interface ClientTls {
  readonly ca: string;
  /** Of the client, which shows it. */
  readonly cert?: string;
  readonly key?: string;
}

/** What it takes to prove the possession of a key (RFC 9449) for each request. */
export interface Proving {
  /** P-256. */
  readonly privateJwk: Readonly<Record<string, unknown>>;
  readonly token: string;
  readonly nonce: string;
  /** `https://127.0.0.1:8443`: what stands before the path in `htu`. */
  readonly origin: string;
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
