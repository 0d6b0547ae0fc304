/** `lienthong call` of a service that writes, as an agency types it. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { outbox, sale, subjectOf, TRANSFER, versionOf } from '../../integration/support/writes.ts';
import { startTestGateway } from '../../support/gateway.ts';
import { startNode } from '../../support/process.ts';

const script = fileURLToPath(new URL('../../../gateway/lienthong.js', import.meta.url));
const gateway = await startTestGateway(t);
const key = join(t.testdir(), 'H26.motcua.jwk.json');
await writeFile(key, JSON.stringify(await gateway.privateKey('H26.motcua')));

async function call(service: string, input: object, ...options: string[]) {
  const child = startNode(t, [
    ...[script, 'call', service, JSON.stringify(input), '--url', gateway.publicUrl],
    ...['--system', 'H26.motcua', '--key', key, '--purpose', 'dich-vu-cong'],
    ...['--case', 'H26.11-261122-0001', '--officer', 'CB001', ...options],
  ]);
  const { code } = await child.ended;
  return { code, output: child.output };
}

t.test('a key is made and printed; a call with it gives the first outcome again', async (t) => {
  const deal = sale(gateway);
  const first = await call(TRANSFER, deal);
  t.match(first, {
    code: 0,
    output: /^Idempotency-Key: [\da-f-]{36}\n[\s\S]*HTTP 200[\s\S]*"recordVersion": 2/,
  });
  const [, made = ''] = /^Idempotency-Key: (.*)$/m.exec(first.output)!;
  const again = await call(TRANSFER, deal, '--idempotency-key', made);
  t.match(again, { code: 0, output: /"recordVersion": 2/ });
  t.ok(again.output.startsWith(`Idempotency-Key: ${made}\n`));
  t.equal(versionOf(gateway, deal), 2);
  t.equal((await outbox(gateway, subjectOf(deal))).length, 1);
});

t.test('a service that reads gets none', async (t) => {
  const { communeCode, mapSheet, parcelNumber } = sale(gateway);
  const { code, output } = await call('land.parcel.lookup', { communeCode, mapSheet, parcelNumber });
  t.equal(code, 0);
  t.notMatch(output, 'Idempotency-Key');
});
