import t from 'tap';
import { UpstreamError } from '../../../adapters/adapter.ts';
import { createLog } from '../../../gateway/telemetry/log.ts';
import { noteOutages } from '../../../gateway/telemetry/note-outages.ts';

const words = { begins: 'it cannot be measured', ends: 'it is measured again' };
const refused = () => Object.assign(new Error('x'), { code: 'ECONNREFUSED' });

function noted(level?: 'warn' | 'error') {
  const lines: Record<string, unknown>[] = [];
  const log = createLog('info', { write: (line) => void lines.push(JSON.parse(line)) });
  return { lines, outages: noteOutages(log, level ? { ...words, level } : words) };
}

t.test('an outage is one line, and its end another, which counts', async (t) => {
  const { lines, outages } = noted();
  for (let turn = 0; turn < 3; turn++) outages.worked();
  t.strictSame(lines, [], 'what works is not reported');
  for (let turn = 0; turn < 100; turn++) outages.failed(refused(), { registry: 'land' });
  t.match(lines, [{ level: 'warn', msg: words.begins, registry: 'land', err: { code: 'ECONNREFUSED' } }]);
  t.equal(lines.length, 1);
  for (let turn = 0; turn < 3; turn++) outages.worked();
  t.match(lines.slice(1), [{ level: 'info', msg: words.ends, failures: 100 }]);
  t.equal(lines.length, 2);
  outages.failed(refused());
  t.equal(lines.length, 3, 'the next outage is another');
});

t.test('each reason of an outage is a line, once, however they take turns', async (t) => {
  const { lines, outages } = noted('error');
  for (let turn = 0; turn < 10; turn++) {
    outages.failed(refused());
    outages.failed(Object.assign(new Error('x'), { code: '57P03' }));
    outages.failed(new UpstreamError('failed', { cause: 'status 500' }));
    outages.failed(new UpstreamError('failed', { cause: 'status 502' }));
    outages.failed(new Error('outer', { cause: refused() }));
    outages.failed('text');
  }
  t.equal(lines.length, 6);
  t.ok(lines.every(({ level }) => level === 'error'));
});
