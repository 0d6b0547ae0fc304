import type { ClientTls, Proving } from '../load/job.ts';

/** Who is measured: something that listens, and the requests that it is asked. */
export interface Contestant {
  readonly name: string;
  /** Of the process whose CPU and memory count; `undefined` for one that is only there to be looked at. */
  readonly pid: number;
  readonly port: number;
  /** Whole HTTP/1.1 requests; made anew for each round, because tokens end. */
  requests(): Promise<readonly string[]>;
  /** How the load generator connects, when not in the clear. */
  readonly tls?: ClientTls;
  /** What it proves in each request; made anew for each round. */
  proving?(): Promise<Proving>;
  /** Says what is wrong with the answer to a request (by its index); `undefined`: nothing. */
  fault(request: number, body: string): string | undefined;
}

/** The text of an HTTP/1.1 request. */
export function httpRequest(
  method: 'GET' | 'POST',
  path: string,
  headers: Readonly<Record<string, string>>,
  body = '',
): string {
  const all = {
    Host: '127.0.0.1',
    ...headers,
    ...(method === 'POST' && { 'Content-Length': String(Buffer.byteLength(body)) }),
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`;
}
