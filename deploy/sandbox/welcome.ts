/** The text that `npm start` prints when everything runs. */
import { ofEach } from './registries/registries.ts';
import type { Sandbox } from './sandbox.ts';

/**
 * A person to try: the first of `lienthong sandbox samples`. Written here because making the samples takes longer than starting;
 * a test compares the two.
 */
export const FIRST_PERSON = '001093824428';

/** The command of the first call, ready to be copied. */
export function firstCall(sandbox: Pick<Sandbox, 'config' | 'keysDir'>): string {
  return `npx lienthong call population.person.lookup '{"personalId":"${FIRST_PERSON}"}' --system H26.motcua --purpose dich-vu-cong --case H26.11-261122-0001 --officer CB001${whereabouts(sandbox, 'H26.motcua')}`;
}

/** Options that a command needs when the sandbox has other ports or another directory. */
function whereabouts({ config, keysDir }: Pick<Sandbox, 'config' | 'keysDir'>, system: string): string {
  const usual = config.publicUrl === 'http://127.0.0.1:8080' && keysDir === 'data/sandbox/keys';
  return usual ? '' : ` --url ${config.publicUrl} --key ${keysDir}/${system}.jwk.json`;
}

/** @param seconds that the start took */
export function welcome(sandbox: Sandbox, seconds: number): string {
  const { config, gateway, registries, keysDir } = sandbox;
  const { control } = registries.connections;
  const simulated = Object.values(
    ofEach((name, { about }) => `  ${name.padEnd(12)} ${control[name]}         ${about}`),
  );
  const kafka = config.kafka
    ? `changes go to Kafka at ${config.kafka.brokers.join(', ')}`
    : 'no Kafka: changes are served by the feed alone (npm run kafka, then KAFKA_BROKERS=localhost:9092 npm start)';
  return `
Liên Thông is ready (${seconds.toFixed(1)} s).

  gateway      ${config.publicUrl}         documents: ${config.publicUrl}/docs
  operators    ${gateway.operationsUrl}         /metrics, /health/ready
${simulated.join('\n')}
  PostgreSQL   ${new URL(sandbox.databaseUrl).host}         ${kafka}

Demo systems: H26.motcua (one-stop desk), G12.thue (tax), G01.dancu, G12.dkkd, G13.datdai (providers),
G22.giamsat (auditor), H29.thu (no agreement). Their keys are in ${keysDir}/.

Make a first call, in another terminal:

  ${firstCall(sandbox)}

See changes arrive:

  npx lienthong changes tail --registry business --system G12.thue${whereabouts(sandbox, 'G12.thue')}

Ctrl-C stops everything.`;
}
