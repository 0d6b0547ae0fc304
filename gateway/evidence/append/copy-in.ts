/** `COPY … FROM STDIN` as one query of node-postgres, in a single round trip: all bytes are known beforehand. */
import type { Connection } from 'pg';
import type { Client } from '../../store/pool.ts';

/** Methods of a connection that node-postgres offers to custom queries (pg-copy-streams relies on the same). */
interface CopyConnection extends Connection {
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
}

class CopyIn {
  readonly #text: string;
  readonly #file: Buffer;
  #error: Error | undefined;
  /** Called once; `StoreClient` puts a time limit around it. */
  callback: (error?: Error) => void;

  constructor(text: string, file: Buffer, callback: (error?: Error) => void) {
    this.#text = text;
    this.#file = file;
    this.callback = callback;
  }

  /** Sends the data without waiting for the statement's answer: a server that refuses the statement skips them. */
  submit(given: Connection): void {
    const connection = given as CopyConnection;
    connection.stream.cork();
    connection.query(this.#text);
    connection.sendCopyFromChunk(this.#file);
    connection.endCopyFrom();
    connection.stream.uncork();
  }

  handleError(error: Error): void {
    this.#error = error;
    this.callback(error);
  }

  /** Comes after the commit, unlike CommandComplete. */
  handleReadyForQuery(): void {
    if (!this.#error) this.callback();
  }

  handleCopyInResponse(): void {}
  handleCommandComplete(): void {}
}

/**
 * Stores `file` (see `copy-format.ts`) by `statement`: in the transaction that is open on `client`, or in a transaction of its
 * own. Resolves when the rows are stored, and committed if the transaction is its own; rejects with PostgreSQL's error, or with
 * the loss of the connection.
 */
export function copyIn(client: Client, statement: string, file: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    client.query(new CopyIn(statement, file, (error) => (error ? reject(error) : resolve())));
  });
}
