/** Publishes changes as the owner of the business registry. */
import { readEnterprise } from '../../../../adapters/business/mapping.ts';
import type { Source } from '../../../../adapters/records/mapping.ts';
import type { Provider } from '../simulated.ts';

export const provider: Provider = {
  entity: 'enterprise',
  read: (record) => readEnterprise(record as Source),
  fields: {
    'MainInformation/NAME': ['/name'],
    'MainInformation/CAPITAL_AMOUNT': ['/charterCapital'],
    'MainInformation/ENTERPRISE_STATUS': ['/status'],
    HOAdress: ['/headOffice'],
    Member: ['/members'],
  },
  always: ['/numberOfChanges', '/lastAmendedDate'],
};
