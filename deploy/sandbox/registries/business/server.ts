import { listen } from '../http/listen.ts';
import type { AppliedChange } from '../http/protocol.ts';
import { keptChanges } from '../kept-changes.ts';
import type { Started, StartOptions } from '../simulated.ts';
import { businessProtocol } from './protocol.ts';
import { BusinessRegistry } from './registry.ts';
import { renderEnterprise } from './render-enterprise.ts';
import { Tokens } from './tokens.ts';

/** Starts the business registry; its tokens end after `tokenLifetimeSeconds`. */
export async function start({
  host,
  port,
  journal,
  tokenLifetimeSeconds,
  now,
}: StartOptions): Promise<Started<BusinessRegistry>> {
  const registry = new BusinessRegistry(keptChanges(journal, 'business'), now);
  const server = await listen({
    host,
    port,
    protocol: businessProtocol(registry, new Tokens(tokenLifetimeSeconds)),
    applyChange(minutesAgo): AppliedChange {
      const { enterprise, version, changedFields } = registry.changeSomething(minutesAgo);
      const occurredAt = new Date(registry.now() - minutesAgo * 60_000).toISOString();
      return {
        subject: enterprise.code,
        version,
        occurredAt,
        changedFields,
        record: renderEnterprise(enterprise),
      };
    },
  });
  return { registry, server };
}
