/** Stores each field list once, under its digest; entries refer to it. */
import type { FieldSet } from '../../catalog/catalog.ts';
import type { Client } from '../../store/pool.ts';

export async function storeFieldSet(client: Client, digest: string, fields: FieldSet): Promise<void> {
  await client.query(
    'INSERT INTO field_set (digest, disclosed, withheld) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
    [Buffer.from(digest, 'hex'), fields.disclosed, fields.withheld],
  );
}
