/** Runs the simulated registries as a separate process, so that their work does not slow the gateway. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { terminate } from './processes/terminate.ts';
import type { RegistryConnections, RegistryName } from './registries/registries.ts';

export interface RegistriesProcess {
  readonly connections: RegistryConnections;
  readonly pid: number;
  close(): Promise<void>;
}

export interface SpawnOptions {
  readonly ports: Readonly<Partial<Record<RegistryName, number>>>;
  /** File of the demonstration's changes, for a second start. */
  readonly journal?: string;
}

/** Resolves when all answer. Rejects with the process' output when it does not start. */
export async function spawnRegistries({ ports, journal }: SpawnOptions): Promise<RegistriesProcess> {
  const flags = Object.entries(ports).flatMap(([name, port]) => [`--${name}`, String(port)]);
  const script = fileURLToPath(new URL('./registries/main.ts', import.meta.url));
  const child = spawn(process.execPath, [script, ...flags, ...(journal ? ['--journal', journal] : [])], {
    // A process group of its own: Ctrl-C must not end the registries while the gateway is still draining. They end with this
    // process all the same, when their standard input closes.
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const connections = await firstLine(child);
  child.stdout!.resume();
  child.stderr!.pipe(process.stderr);
  return {
    connections: JSON.parse(connections) as RegistryConnections,
    pid: child.pid!,
    close: () => terminate(child, 'SIGTERM'),
  };
}

function firstLine(child: ChildProcess): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let said = '';
  const listen = (chunk: Buffer) => {
    said += chunk;
  };
  child.stderr!.on('data', listen);
  child.once('error', reject);
  child.once('exit', (code) => reject(new Error(`the registries did not start (${code}): ${said}`)));
  createInterface({ input: child.stdout! }).once('line', (line) => {
    child.stderr!.off('data', listen);
    resolve(line);
  });
  return promise;
}
