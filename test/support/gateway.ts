/**
 * A gateway under test: what production starts, on a real PostgreSQL, before real simulated registries, with contracts
 * of the test's own beside those of the sandbox. In this process (`startTestGateway`), or as a child that can be
 * signalled and killed (`spawnTestGateway`).
 */
import { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';
import type { Adapter } from '../../adapters/adapter.ts';
import { freePort } from '../../deploy/sandbox/processes/free-port.ts';
import type { Reload } from '../../gateway/catalog/live/live.ts';
import { readConfig } from '../../gateway/config/config.ts';
import { startGateway } from '../../gateway/main.ts';
import { createLog } from '../../gateway/telemetry/log.ts';
import { startNode, type TestProcess } from './process.ts';
import { layOut, type Setting, type SettingOptions } from './setting.ts';
import { openTestClient, type TestClient } from './test-client.ts';

type Hooks = Pick<Test, 'teardown'>;

export interface TestGateway extends TestClient, Setting {
  /** Lines of the gateway's log, at level `trace`. */
  readonly log: readonly string[];
  /** Reads the contracts again. */
  reload(): Promise<Reload>;
  close(): Promise<void>;
}

export interface SpawnedGateway extends TestClient, Setting {
  readonly process: TestProcess;
}

/** Starts a gateway in this process, by production's own function. */
export async function startTestGateway(
  test: Hooks,
  options: SettingOptions & { readonly setting?: Setting; readonly adapters?: readonly Adapter[] } = {},
): Promise<TestGateway> {
  const setting = options.setting ?? (await layOut(test, options));
  const log: string[] = [];
  const destination = new Writable({
    write(chunk, _encoding, done) {
      log.push(String(chunk));
      done();
    },
  });
  // A replica listens on a port of its own.
  const ports = options.setting && {
    PORT: String(await freePort()),
    OPERATIONS_PORT: String(await freePort()),
  };
  const config = readConfig({ ...setting.variables, ...ports, ...options.variables });
  const gateway = await startGateway(config, {
    log: createLog('trace', destination),
    adapters: options.adapters ?? [],
  });
  test.teardown(() => gateway.close());
  const testClient = openTestClient(test, setting, gateway.agenciesUrl, gateway.operationsUrl);
  return {
    ...setting,
    ...testClient,
    log,
    reload: () => gateway.reload('test'),
    close: () => gateway.close(),
  };
}

/** Starts a gateway as a process of its own; resolves when it is ready. */
export async function spawnTestGateway(
  test: Hooks,
  options: SettingOptions & { readonly setting?: Setting } = {},
): Promise<SpawnedGateway> {
  const setting = options.setting ?? (await layOut(test, options));
  const script = fileURLToPath(new URL('../../gateway/lienthong.js', import.meta.url));
  const variables = { ...setting.variables, ...options.variables };
  const child = startNode(test, [script, 'start'], { env: variables });
  await child.line(/"the gateway is ready"/, 60_000);
  const at = (port: string | undefined) => `http://127.0.0.1:${port}`;
  const testClient = openTestClient(test, setting, at(variables.PORT), at(variables.OPERATIONS_PORT));
  return { ...setting, ...testClient, process: child };
}
