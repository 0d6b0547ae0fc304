/** `lienthong sandbox`: everything on one machine with synthetic data; `sandbox samples`: subjects to try. */
import { parseArgs } from 'node:util';
import { type Command, CommandError } from './command.ts';
import { untilSignalled } from './signals.ts';

export const command: Command = {
  summary:
    'run the sandbox: PostgreSQL, simulated registries, the gateway; "sandbox samples" prints subjects to try',
  usage: `lienthong sandbox [--data-dir data/sandbox] [--trickle SECONDS] [--population-port 8101] [--business-port 8102] [--land-port 8103]
       lienthong sandbox samples [--json]`,
  async run(args) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        'data-dir': { type: 'string', default: 'data/sandbox' },
        trickle: { type: 'string', default: '5' },
        'population-port': { type: 'string', default: '8101' },
        'business-port': { type: 'string', default: '8102' },
        'land-port': { type: 'string', default: '8103' },
      },
    });
    if (positionals[0] === 'samples') return printSamples(values.json);
    if (positionals.length > 0) throw new CommandError(`Usage: ${command.usage}`);

    const begun = performance.now();
    const stopped = untilSignalled();
    const { startSandbox } = await import('../../deploy/sandbox/sandbox.ts');
    const { welcome } = await import('../../deploy/sandbox/welcome.ts');
    const sandbox = await startSandbox({
      dataDir: values['data-dir'],
      trickleSeconds: Number(values.trickle),
      ports: {
        population: Number(values['population-port']),
        business: Number(values['business-port']),
        land: Number(values['land-port']),
      },
    });
    console.log(welcome(sandbox, (performance.now() - begun) / 1000));
    await stopped;
    console.log('\nStopping …');
    await sandbox.close();
    console.log('Stopped. The data stay in place for the next start.');
    return 0;
  },
};

async function printSamples(asJson: boolean): Promise<number> {
  const { samples } = await import('../../deploy/sandbox/registries/samples.ts');
  const subjects = samples();
  if (asJson) {
    console.log(JSON.stringify(subjects));
    return 0;
  }
  for (const [registry, sets] of Object.entries(subjects)) {
    for (const [kind, list] of Object.entries(sets as Record<string, unknown[]>)) {
      console.log(`${registry} ${kind}`);
      for (const subject of list)
        console.log(`  ${typeof subject === 'string' ? subject : JSON.stringify(subject)}`);
    }
  }
  return 0;
}
