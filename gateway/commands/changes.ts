/** `lienthong changes tail`: the changes of a registry as the agreement grants them, one JSON line each. */
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { clientOptions, clientUsage, openClient, reach } from './client.ts';
import { type Command, CommandError } from './command.ts';

/** Milliseconds between looks when nothing new was there. */
const PAUSE = 1000;

export const command: Command = {
  summary: 'changes tail: print the changes of a registry as they arrive',
  usage: `lienthong changes tail --registry business ${clientUsage} [--after CURSOR] [--once] [--purpose WORD]`,
  async run(args) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        ...clientOptions,
        registry: { type: 'string' },
        after: { type: 'string' },
        once: { type: 'boolean', default: false },
        purpose: { type: 'string' },
      },
    });
    if (positionals[0] !== 'tail' || !values.registry) throw new CommandError(`Usage: ${command.usage}`);
    const { client, url, close } = await openClient(values);
    let { after } = values;
    return reach(url, async () => {
      for (;;) {
        const query = new URLSearchParams({ limit: '500', ...(after && { after }) });
        const response = await client.send(
          `${url}/v1/changes/${encodeURIComponent(values.registry!)}?${query}`,
          {
            headers: {
              'accept-language': 'en',
              ...(values.purpose && { 'x-purpose': values.purpose }),
            },
          },
        );
        if (!response.ok) throw new CommandError(`HTTP ${response.status}: ${await response.text()}`);
        const page = (await response.json()) as { data: unknown[]; meta: { next: string; hasMore: boolean } };
        for (const event of page.data) console.log(JSON.stringify(event));
        after = page.meta.next;
        if (!page.meta.hasMore) {
          if (values.once) return 0;
          await wait(PAUSE);
        }
      }
    }).finally(close);
  },
};
