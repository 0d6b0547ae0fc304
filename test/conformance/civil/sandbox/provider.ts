/** How the owner of the civil status registry would publish its changes. */
import type { Provider } from '../../../../deploy/sandbox/registries/simulated.ts';

export const provider: Provider = {
  entity: 'birth',
  read: (record) => record,
  fields: {},
  always: ['/version'],
};
