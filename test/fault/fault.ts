import type { Report } from '../bench/report.ts';
import type { World } from '../bench/world.ts';

/** Something that goes wrong, and what must hold all the same. */
export interface Fault {
  readonly name: string;
  /** Commands, and the Debian package of each. */
  readonly needs: Readonly<Record<string, string>>;
  /** @param stack ends what is started */
  run(world: World, stack: AsyncDisposableStack): Promise<Report>;
}
