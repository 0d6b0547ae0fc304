/**
 * The sandbox's providers at work: every few seconds a record changes in a simulated registry, and its provider
 * pushes the change to the gateway as any provider would, with its own key and token.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { createClient, type TokenClient } from '../../gateway/client/client.ts';
import type { AppliedChange } from './registries/http/protocol.ts';
import { type RegistryConnections, type RegistryName, registries } from './registries/registries.ts';
import type { Provider, Simulated } from './registries/simulated.ts';

/** Milliseconds; without a limit, `fetch` waits for five minutes, and so would the end of the sandbox. */
const GIVE_UP_AFTER = 20_000;

export interface TrickleOptions {
  readonly publicUrl: string;
  /** Private keys of the providers: `<client id>.jwk.json`. */
  readonly keysDir: string;
  readonly control: RegistryConnections['control'];
  readonly provinceOfCommune: Readonly<Record<string, string>>;
  readonly everySeconds: number;
}

/** Starts; `close` ends it between two changes. */
export function startTrickle(options: TrickleOptions): { close(): Promise<void> } {
  const stop = new AbortController();
  const running = run(options, stop.signal).catch((error: unknown) => {
    if (!stop.signal.aborted) console.error('the sandbox publishes no more changes:', error);
  });
  return {
    close: async () => {
      stop.abort();
      await running;
    },
  };
}

async function run(options: TrickleOptions, signal: AbortSignal): Promise<void> {
  const published = registries.flatMap((registry: Simulated<RegistryName>) =>
    registry.provider ? [{ ...registry, provider: registry.provider }] : [],
  );
  const publishers = await Promise.all(published.map((registry) => openPublisher(registry, options)));
  for (let turn = 0; !signal.aborted; turn++) {
    await publishers[turn % publishers.length]!();
    await wait(options.everySeconds * 1000, undefined, { signal }).catch(() => {});
  }
}

/** Makes a function that changes one record and pushes it; a failed push is repeated with the next one. */
async function openPublisher(
  { name, system, provider: load }: Required<Simulated<RegistryName>>,
  options: TrickleOptions,
): Promise<() => Promise<void>> {
  const { provider } = await load();
  const privateJwk = JSON.parse(await readFile(join(options.keysDir, `${system}.jwk.json`), 'utf8'));
  const client = createClient({ issuer: options.publicUrl, clientId: system, privateJwk });
  let pending: unknown[] = [];
  return async () => {
    try {
      const response = await fetch(`${options.control[name]}/control/changes`, {
        method: 'POST',
        body: '{"count":1}',
        signal: AbortSignal.timeout(GIVE_UP_AFTER),
      });
      const { changes } = (await response.json()) as { changes: AppliedChange[] };
      pending.push(...changes.map((change) => canonical(provider, change, options.provinceOfCommune)));
      await push(client, `${options.publicUrl}/v1/${name}/changes`, pending);
      pending = [];
    } catch (error) {
      console.error(
        `${system} could not publish; it tries again:`,
        error instanceof Error ? error.message : error,
      );
    }
  };
}

function canonical(
  { entity, read, fields, always }: Provider,
  change: AppliedChange,
  provinceOfCommune: TrickleOptions['provinceOfCommune'],
): unknown {
  return {
    entity,
    subject: change.subject,
    version: change.version,
    operation: 'updated',
    occurredAt: change.occurredAt,
    changedFields: [...new Set([...change.changedFields.flatMap((name) => fields[name] ?? []), ...always])],
    data: read(change.record, provinceOfCommune),
  };
}

async function push(client: TokenClient, url: string, changes: readonly unknown[]): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${await client.token()}`, 'content-type': 'application/json' },
    body: JSON.stringify({ changes }),
    signal: AbortSignal.timeout(GIVE_UP_AFTER),
  });
  if (!response.ok) throw new Error(`HTTP ${response.status}: ${await response.text()}`);
  await response.body?.cancel();
}
