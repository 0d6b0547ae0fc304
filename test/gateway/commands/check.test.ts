/** `lienthong check` warns of terms that are over or about to be, and of what the files would end. */
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { lienthong, ROOT, temporaryDirectory } from '../../acceptance/support/sandbox.ts';

const FILE = 'agreements/G12-thue-tax-streams.yaml';
const TOPICS = ['business.enterprise', 'land.parcel'].map(
  (entity) => `lienthong.${entity}.TT-2026-G12-02.g*`,
);
const day = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);

/** A copy of the package's contracts in which the tax office's streams end on another day. */
async function endingOn(t: Test, validUntil: string) {
  const directory = await temporaryDirectory(t);
  await cp(join(ROOT, 'contracts'), directory, { recursive: true });
  const text = await readFile(join(directory, FILE), 'utf8');
  t.match(text, 'validUntil: 2028-12-31');
  await writeFile(join(directory, FILE), text.replace('2028-12-31', validUntil));
  return { directory, line: text.split('\n').findIndex((one) => one.startsWith('validUntil')) + 1 };
}

for (const [name, days, verb] of [
  ['has ended', -2, 'has ended'],
  ['is about to end', 20, 'ends'],
] as const) {
  t.test(`an agreement that ${name}: a warning with its line, and with what is deleted`, async (t) => {
    const validUntil = day(days);
    const { directory, line } = await endingOn(t, validUntil);
    const { code, output } = await lienthong(t, ['check', '--contracts', directory]);
    t.equal(code, 0);
    t.ok(
      output.includes(
        `${FILE}:${line}: TT-2026-G12-02 ${verb} on ${validUntil}: its calls are refused; TOPIC_GRACE_HOURS later topics ${TOPICS.join(', ')} are deleted and webhooks end (warning)\n`,
      ),
      output,
    );
    t.match(output, /^ok: .*; 1 warning\(s\)$/m);
  });
}

t.test('a term that goes on for long is no warning', async (t) => {
  const { directory } = await endingOn(t, day(400));
  const { output } = await lienthong(t, ['check', '--contracts', directory]);
  t.notMatch(output, '(warning)');
});

t.test('--replaces: what the files end in place of those in use', async (t) => {
  const { directory } = await endingOn(t, day(-2));
  const same = await lienthong(t, ['check', '--replaces', 'contracts']);
  t.notMatch(same.output, '(warning)');
  const { code, output } = await lienthong(t, ['check', '--contracts', directory, '--replaces', 'contracts']);
  t.equal(code, 0);
  for (const topics of TOPICS) {
    t.match(
      output,
      new RegExp(
        `^TT-2026-G12-02 → .*: ended, topics ${topics.replaceAll(/[.*]/g, '\\$&')} and webhooks end after the grace time \\(warning\\)$`,
        'm',
      ),
    );
  }
});
