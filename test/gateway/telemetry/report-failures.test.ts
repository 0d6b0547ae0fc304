import { setTimeout as wait } from 'node:timers/promises';
import t from 'tap';
import { UpstreamError } from '../../../adapters/adapter.ts';
import { createLog } from '../../../gateway/telemetry/log.ts';
import { reportFailures } from '../../../gateway/telemetry/report-failures.ts';

function reported(options = {}) {
  const lines: Record<string, unknown>[] = [];
  const log = createLog('info', { write: (line) => void lines.push(JSON.parse(line)) });
  return { lines, failures: reportFailures(log, options) };
}

const timeout = () => new UpstreamError('timeout');

t.test('of what fails alike the first is a line, without places, and the others a number', async (t) => {
  const { lines, failures } = reported({ every: 100 });
  for (let call = 0; call < 50; call++) {
    failures.report('upstream_timeout', { service: 'a@1' }, timeout(), { requestId: `r${call}` });
  }
  t.strictSame(
    lines.map(({ time: _, ...rest }) => rest),
    [
      {
        level: 'error',
        requestId: 'r0',
        service: 'a@1',
        cause: { type: 'UpstreamError', message: 'upstream timeout' },
        msg: 'upstream_timeout',
      },
    ],
  );
  while (lines.length < 2) await wait(5);
  t.match(lines[1], { service: 'a@1', repeated: 49, msg: 'upstream_timeout' });
  failures.report('upstream_timeout', { service: 'a@1' }, timeout(), { requestId: 'later' });
  t.match(lines[2], { requestId: 'later' });
  t.equal(lines.length, 3);
});

t.test('another service, code or cause is another line', async (t) => {
  const { lines, failures } = reported({ level: 'warn' });
  for (let call = 0; call < 3; call++) {
    failures.report('upstream_timeout', { service: 'a@1' }, timeout());
    failures.report('upstream_timeout', { service: 'b@1' }, timeout());
    failures.report('upstream_failed', { service: 'a@1' }, timeout());
    failures.report(
      'upstream_failed',
      { service: 'a@1' },
      new UpstreamError('failed', { cause: 'status 500' }),
    );
    failures.report('overloaded', { service: 'a@1' }, undefined);
  }
  t.equal(lines.length, 5);
  t.ok(lines.every(({ level }) => level === 'warn'));
});

t.test('there are not more lines than kinds, however many there are', async (t) => {
  const { lines, failures } = reported();
  for (let kind = 0; kind < 10_000; kind++) failures.report('x', { kind }, undefined);
  t.equal(lines.length, 201);
});
