/** `lienthong sandbox`: the whole system on one machine with synthetic data; `sandbox samples`: subjects to try. */
import { type Command, CommandError } from './terminal/command.ts';
import { readAtMost, readNumber, readOptions, readVerb } from './terminal/options.ts';
import { untilSignalled } from './terminal/signals.ts';

export const command: Command = {
  usage: `lienthong sandbox [--data-dir data/sandbox] [--trickle SECONDS] [--REGISTRY-port PORT]
       lienthong sandbox samples [--json]
       --population-port 8101 and so on: where each simulated registry listens; 0: on a free port`,
  serves: (args) => !args.includes('samples'),
  async run(args) {
    const { ofEach, portOptions } = await import('../../deploy/sandbox/registries/registries.ts');
    const { values, positionals } = readOptions({
      args,
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        'data-dir': { type: 'string', default: 'data/sandbox' },
        trickle: { type: 'string', default: '5' },
        ...portOptions,
      },
    });
    const [verb] = positionals;
    readAtMost(1, positionals);
    if (verb !== undefined && readVerb(verb, ['samples'])) return printSamples(values.json);

    const trickleSeconds = Number(values.trickle);
    if (!(trickleSeconds >= 0)) throw new CommandError('--trickle must be a number of seconds, 0 for none');
    const begun = performance.now();
    const stopped = untilSignalled();
    const { startSandbox } = await import('../../deploy/sandbox/sandbox.ts');
    const { welcome } = await import('../../deploy/sandbox/welcome.ts');
    const sandbox = await startSandbox({
      dataDir: values['data-dir'],
      trickleSeconds,
      ports: ofEach((name) => readNumber(values[`${name}-port`], `--${name}-port`, 0, 65_535)),
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
