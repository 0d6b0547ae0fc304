import { type Listening, listen } from '../http/listen.ts';
import type { AppliedChange } from '../http/protocol.ts';
import { businessProtocol } from './protocol.ts';
import type { BusinessRegistry } from './registry.ts';
import { renderEnterprise } from './render-enterprise.ts';
import { Tokens } from './tokens.ts';

/** Serves the business registry; its tokens end after `tokenLifetimeSeconds`. */
export function serveBusiness(
  registry: BusinessRegistry,
  host: string,
  port: number,
  tokenLifetimeSeconds: number,
): Promise<Listening> {
  return listen({
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
}
