import type { Fault } from '../../deploy/sandbox/registries/http/faults.ts';
import type { RunningRegistries } from '../../deploy/sandbox/registries/start.ts';
import type { Setting } from './setting.ts';

interface Stats {
  readonly requests: number;
  readonly faulty: number;
  readonly operations: Readonly<Record<string, number>>;
  readonly last: Readonly<
    Record<
      string,
      { readonly ids: Readonly<Record<string, string>>; readonly headers: Readonly<Record<string, string>> }
    >
  >;
}

/** A registry's control endpoints. */
export function controlOf(
  { registries: { control } }: Setting,
  registry: keyof RunningRegistries['control'],
) {
  const ask = async (method: 'GET' | 'PUT' | 'DELETE', path: string, body?: object) => {
    const response = await fetch(`${control[registry]}/control/${path}`, {
      method,
      body: body && JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`control: ${response.status} ${await response.text()}`);
    return response.json();
  };
  return {
    fault: (fault: Fault) => ask('PUT', 'faults', fault),
    clear: () => ask('DELETE', 'faults'),
    stats: () => ask('GET', 'stats') as Promise<Stats>,
    forget: () => ask('DELETE', 'stats'),
  };
}
