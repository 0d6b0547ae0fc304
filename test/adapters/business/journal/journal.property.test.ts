/** Whatever is amended, however late it is entered, and whenever the journal is read: every newest state is reported. */
import fc from 'fast-check';
import t from 'tap';
import { createBusinessAdapter } from '../../../../adapters/business/adapter.ts';
import { allEnterprises } from '../../../../deploy/sandbox/registries/business/registry.ts';
import { startRegistries } from '../../../../deploy/sandbox/registries/start.ts';
import { recordingObserver } from '../../support/observer.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const codes = allEnterprises().map(({ code }) => code);

type Step =
  | { readonly do: 'amend'; readonly which: number; readonly minutesAgo: number; readonly many: number }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'read'; readonly pages: number };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constant('amend' as const),
        which: fc.nat({ max: 400 }),
        minutesAgo: fc.nat({ max: 15 }),
        many: fc.constantFrom(1, 1, 1, 3, 130),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant('wait' as const),
        ms: fc.oneof(
          fc.nat({ max: 5 * MINUTE }),
          fc.nat({ max: 3 * 60 * MINUTE }),
          fc.nat({ max: 13 * DAY }),
        ),
      }),
    },
    // Not always to the end: a page, and the next one later, from another process.
    {
      weight: 5,
      arbitrary: fc.record({ do: fc.constant('read' as const), pages: fc.constantFrom(1, 2, 100, 100) }),
    },
  ),
  { minLength: 3, maxLength: 25 },
);

t.test(
  'property: the newest state of every record is reported, and none more often than it has dossiers',
  async (t) => {
    const clock = { now: Date.parse('2026-08-01T22:10:00+07:00') };
    const registries = await startRegistries({ now: () => clock.now });
    t.teardown(() => registries.close());
    const adapter = createBusinessAdapter(registries.business, {
      maxConnections: 8,
      maxResponseBytes: 4_000_000,
      observer: recordingObserver(),
    });
    t.teardown(() => adapter.close());
    const registry = registries.registries.business;

    await fc.assert(
      fc.asyncProperty(fc.nat({ max: DAY }), steps, async (begin, todo) => {
        // One registry for all runs: each begins a while after the one before, at any time of the day.
        clock.now += 2 * DAY + begin;
        let cursor = JSON.stringify({ upTo: new Date(clock.now - 2 * MINUTE).toISOString() });
        const newest = new Map<string, number>();
        const reported = new Map<string, number>();
        const dossiers = new Map<string, number>();
        const tellings = new Map<string, number>();
        const read = async (most: number): Promise<void> => {
          for (let page = 0; page < most; page++) {
            const question = { requestId: 'r', now: clock.now, callWithin: 30_000, lastResort: false };
            const { changes, refused, vanished, more, ...next } = await adapter.changesSince!(
              cursor,
              question,
            );
            if (refused.length + vanished > 0) throw new Error('refused');
            for (const { subject, version } of changes) {
              tellings.set(subject, (tellings.get(subject) ?? 0) + 1);
              reported.set(subject, version);
            }
            cursor = next.cursor;
            if (!more) return;
          }
          if (most === 100) throw new Error('a round without an end');
        };
        for (const step of todo) {
          if (step.do === 'wait') clock.now += step.ms;
          else if (step.do === 'read') await read(step.pages);
          else {
            for (let n = 0; n < step.many; n++) {
              const code = codes[step.which + n]!;
              dossiers.set(code, (dossiers.get(code) ?? 0) + 1);
              newest.set(code, registry.change(code, { capital: 1_000_000_000 }, step.minutesAgo).version);
            }
          }
        }
        clock.now += 20 * MINUTE;
        await read(100);
        await read(100);
        for (const [code, version] of newest) {
          if (reported.get(code) !== version)
            throw new Error(`${code} ${version} is not reported: ${reported.get(code)}`);
          // The overlap brings dossiers again and again; what was taken of them is not.
          const [most, times] = [dossiers.get(code)!, tellings.get(code)!];
          if (times > most) throw new Error(`${code} has ${most} dossiers and is reported ${times} times`);
        }
      }),
      { numRuns: 20 },
    );
  },
);
