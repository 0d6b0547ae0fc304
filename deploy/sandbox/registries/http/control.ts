import { type Faults, parseFault } from './faults.ts';
import { type AppliedChange, type Exchange, json, type Reply } from './protocol.ts';
import type { Stats } from './stats.ts';

export const CONTROL_PREFIX = '/control/';

const LOOPBACK = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1']);
const MOST_CHANGES = 10_000;
/** Minutes: two weeks. */
const OLDEST = 14 * 24 * 60;

/** The parts of a registry that its control endpoints use. */
export interface Controls {
  readonly faults: Faults;
  readonly stats: Stats;
  /** Applies a change to a random record; the registry's journal shows it as this many minutes old. */
  applyChange(minutesAgo: number): AppliedChange;
}

const ENDPOINTS: Readonly<Record<string, (controls: Controls, body: string) => Reply>> = {
  'PUT /control/faults': ({ faults }, body) => {
    const fault = parseFault(body);
    if (fault === undefined)
      return json(400, { error: 'not a fault: see deploy/sandbox/registries/http/faults.ts' });
    faults.set(fault);
    return json(200, faults.current);
  },
  'GET /control/faults': ({ faults }) => json(200, faults.current),
  'DELETE /control/faults': ({ faults }) => {
    faults.clear();
    return json(200, faults.current);
  },
  'GET /control/stats': ({ stats }) => json(200, stats),
  'DELETE /control/stats': ({ stats }) => {
    stats.clear();
    return json(200, stats);
  },
  'POST /control/changes': ({ applyChange }, body) => {
    const wanted = parseChanges(body);
    if (wanted === undefined)
      return json(400, {
        error: `"count" must be a whole number from 1 to ${MOST_CHANGES}, "minutesAgo" one from 0 to ${OLDEST}`,
      });
    const { count, minutesAgo } = wanted;
    return json(200, { changes: Array.from({ length: count }, () => applyChange(minutesAgo)) });
  },
};

/** Answers a request to a control endpoint. They are for the machine that the registry runs on. */
export function control(
  controls: Controls,
  { method, path, body }: Exchange,
  address: string | undefined,
): Reply {
  if (address === undefined || !LOOPBACK.has(address))
    return json(403, { error: 'from the same machine only' });
  const key = `${method} ${path}`;
  if (!Object.hasOwn(ENDPOINTS, key)) return json(404, { error: 'no such control endpoint' });
  return ENDPOINTS[key]!(controls, body);
}

function parseChanges(body: string): { count: number; minutesAgo: number } | undefined {
  try {
    const { count = 1, minutesAgo = 0 } = JSON.parse(body === '' ? '{}' : body) as Record<string, unknown>;
    return isWhole(count, 1, MOST_CHANGES) && isWhole(minutesAgo, 0, OLDEST)
      ? { count, minutesAgo }
      : undefined;
  } catch {
    return undefined;
  }
}

function isWhole(value: unknown, least: number, most: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most;
}
