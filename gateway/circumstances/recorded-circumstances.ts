/** The circumstances of an entry of evidence that no caller's request declared. */
import { circumstances, type Granting, granted, type RecordedCircumstances } from './circumstances.ts';

export const undeclared = Object.freeze(
  Object.fromEntries(circumstances.map(({ member }) => [member, undefined])),
) as RecordedCircumstances;

/** Of what the gateway delivers by itself: a stream serves all that its agreement grants. */
export const deliveredUnder = (agreement: Granting): RecordedCircumstances => ({
  ...undeclared,
  [granted.member]: agreement[granted.grantedBy].join(' '),
});

/** The officer of what an operator did is the operator. */
export const decidedBy = (operator: string | undefined): Pick<RecordedCircumstances, 'officerId'> => ({
  officerId: operator,
});
