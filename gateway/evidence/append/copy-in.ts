/** `COPY … FROM STDIN` as one query of node-postgres, whose bytes are at hand: a single round trip. */
import type { Connection } from 'pg';
import type { Client } from '../../store/pool.ts';

/** What node-postgres lets a query of one's own do with its connection (pg-copy-streams relies on the same). */
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

  /** The data follow the statement at once: should the server refuse it, it skips them. */
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
 * Stores `file` (see `copy-format.ts`) by `statement`: in the transaction that is open on `client`, or one of its own.
 * Resolves when it is stored, or committed where it is its own; rejects with what PostgreSQL said, or with the loss of the connection.
 */
export function copyIn(client: Client, statement: string, file: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    client.query(new CopyIn(statement, file, (error) => (error ? reject(error) : resolve())));
  });
}
