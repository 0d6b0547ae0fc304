/** The parts that a sink is opened with. */
import type { Logger } from 'pino';
import type { Catalog } from '../../catalog/catalog.ts';
import type { Config } from '../../config/config.ts';
import type { EvidenceLog } from '../../evidence/evidence.ts';
import type { RevocationCheck } from '../../identity/revocations.ts';
import type { Pool } from '../../store/pool.ts';
import type { Secrets } from '../../store/secrets.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import type { SharedRenderer } from '../render/rendered-events.ts';
import type { Graces } from './graces.ts';

export interface SinkParts {
  readonly pool: Pool;
  readonly catalog: () => Catalog;
  readonly secrets: Secrets;
  readonly revocations: RevocationCheck;
  readonly evidence: EvidenceLog;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** A sink whose own member is absent is not configured. */
  readonly config: Pick<Config, 'publicUrl'> & Partial<Config>;
  readonly graces: Graces;
  /** Renders each change once for all sinks. */
  readonly renderOnce: SharedRenderer;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}
