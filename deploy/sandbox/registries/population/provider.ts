/** Publishes changes as the owner of the population registry. */
import { personPointers, readPerson } from '../../../../adapters/population/mapping.ts';
import { asRecord } from '../../../../adapters/population/soap.ts';
import { parseXml } from '../../../../adapters/population/xml.ts';
import type { Provider } from '../simulated.ts';

export const provider: Provider = {
  entity: 'person',
  read: (record) => readPerson(asRecord(parseXml(record as string)), 'CongDan'),
  ...personPointers,
};
