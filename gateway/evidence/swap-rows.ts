/** Inserts rows of `catalogue_swap`, and finds out whether one was committed. */
import { type Client, type Pool, transaction } from '../store/pool.ts';
import { LOCK_LIMIT } from '../store/time-limits.ts';

export interface SwapRow {
  /** The id of the row and of its entry of evidence; a UUIDv7. */
  readonly id: string;
  /** The digest of the catalogue that is in use from then on. */
  readonly digest: string;
  /** The exact text, JSON. */
  readonly document: string;
}

const INSERT = 'INSERT INTO catalogue_swap (id, digest, document) VALUES ($1, $2, $3)';

export async function insertSwap(client: Client, { id, digest, document }: SwapRow): Promise<void> {
  await client.query(INSERT, [id, digest, document]);
}

/**
 * Was the transaction that inserted `row` committed? `false`: it was not, and never will be. A SELECT could not say so: the
 * transaction may still be committing. An INSERT with the same id waits for it, and is rolled back.
 */
export function wasCommitted(pool: Pool, { id, digest, document }: SwapRow): Promise<boolean> {
  const ask = async (client: Client) => {
    await client.query('SAVEPOINT trial');
    const { rowCount } = await client.query(`${INSERT} ON CONFLICT DO NOTHING`, [id, digest, document]);
    await client.query('ROLLBACK TO trial');
    return rowCount === 0;
  };
  return transaction(pool, ask, { statementLimit: LOCK_LIMIT });
}
