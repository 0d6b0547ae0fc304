/** The circumstances of an entry of evidence that no caller's request declared. */
import { circumstances, type Granting, granted, type RecordedCircumstances } from './circumstances.ts';

export const undeclared = Object.freeze(
  Object.fromEntries(circumstances.map(({ member }) => [member, undefined])),
) as RecordedCircumstances;

/** For deliveries, which no call requests: a stream serves every purpose that its agreement grants. */
export const deliveredUnder = (agreement: Granting): RecordedCircumstances => ({
  ...undeclared,
  [granted.member]: agreement[granted.grantedBy].join(' '),
});

/** For a decision of an operator, who is recorded as the officer. */
export const decidedBy = (operator: string | undefined): Pick<RecordedCircumstances, 'officerId'> => ({
  officerId: operator,
});
