/**
 * `lienthong start` without the permission model, which would not let Node write a profile. The bench's `--profile` only.
 */
import { untilSignalled } from '../../../gateway/commands/terminal/signals.ts';
import { readConfig } from '../../../gateway/config/config.ts';
import { startGateway } from '../../../gateway/main.ts';

const gateway = await startGateway(readConfig());
await untilSignalled();
await gateway.close();
