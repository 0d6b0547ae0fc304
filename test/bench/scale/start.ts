/** Starts a gateway on a catalogue as an operator would, and measures the time until it is ready. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../../deploy/sandbox/processes/free-port.ts';
import { terminate } from '../../../deploy/sandbox/processes/terminate.ts';
import { placed, type Usage, usageOf } from '../machine.ts';
import type { LargeCatalogue } from './contracts.ts';

const command = fileURLToPath(new URL('../../../gateway/lienthong.js', import.meta.url));

export interface StartOptions {
  readonly catalogue: LargeCatalogue;
  readonly databaseUrl: string;
  readonly cacheDir: string;
  readonly masterKey: string;
}

export interface Started {
  /** From the process's start to its readiness. */
  readonly seconds: number;
  /** The memory that it has used by then; `undefined` where the system does not report it. */
  readonly usage: Usage | undefined;
}

export async function timeStart(options: StartOptions): Promise<Started> {
  const port = await freePort();
  const begun = performance.now();
  const child = spawn(...placed('measured', process.execPath, [command, 'start']), {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      PATH: process.env.PATH,
      HOST: '127.0.0.1',
      PORT: String(port),
      OPERATIONS_PORT: String(await freePort()),
      PUBLIC_URL: `http://127.0.0.1:${port}`,
      DATABASE_URL: options.databaseUrl,
      MASTER_KEY: options.masterKey,
      CONTRACTS_DIR: options.catalogue.contractsDir,
      SCHEMAS_DIR: options.catalogue.schemasDir,
      CATALOGUE_CACHE_DIR: options.cacheDir,
    },
  });
  try {
    for await (const line of createInterface(child.stdout)) {
      if (!line.includes('"the gateway is ready"')) continue;
      const seconds = (performance.now() - begun) / 1000;
      return { seconds, usage: usageOf(child.pid!) };
    }
    throw new Error('the gateway ended before it was ready');
  } finally {
    child.stdout.resume();
    // It keeps its catalogue first, which takes a while on a busy machine.
    await terminate(child, 'SIGTERM', { graceMs: 60_000 });
  }
}

/** @returns seconds that `lienthong check` took */
export async function timeCheck({ contractsDir, schemasDir }: LargeCatalogue): Promise<number> {
  const begun = performance.now();
  const args = [command, 'check', '--contracts', contractsDir, '--schemas', schemasDir];
  const child = spawn(...placed('measured', process.execPath, args), {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`lienthong check ended with ${code}`);
  return (performance.now() - begun) / 1000;
}
