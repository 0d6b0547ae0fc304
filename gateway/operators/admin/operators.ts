/**
 * The operators: each has a token of their own, so that log and evidence name a person.
 *
 * `OPERATORS_FILE` lists names and digests of tokens, and reveals no token. Each request checks whether it has changed
 * (`parsed-file.ts`), so a removed operator is refused from the next request on. A broken file permits no operator.
 * `OPERATOR_TOKEN`, which several people may share, is recorded as `operator`.
 */
import { hash, timingSafeEqual } from 'node:crypto';
import { termOf } from '../../catalog/grant/term.ts';
import {
  digestOfToken,
  type ListedOperator,
  parseOperators,
  SHARED_OPERATOR,
} from '../../config/operators-file.ts';
import type { Log } from '../../telemetry/log.ts';
import { parsedFile } from './parsed-file.ts';

export interface Operators {
  /** @returns the name of the token's operator; `undefined`: unknown token */
  identify(token: string): Promise<string | undefined>;
}

export interface OperatorsOptions {
  /** `OPERATOR_TOKEN`. */
  readonly sharedToken: string | undefined;
  /** `OPERATORS_FILE`, valid at the start. */
  readonly file: string | undefined;
  readonly now: () => number;
  readonly log: Log;
}

export function openOperators({ sharedToken, file, now, log }: OperatorsOptions): Operators {
  const shared =
    sharedToken === undefined ? [] : [{ name: SHARED_OPERATOR, tokenSha256: digestOfToken(sharedToken) }];
  const read = file === undefined ? async () => [] : parsedFile(file, parseOperators, now);
  let isBroken = false;

  async function listed(): Promise<readonly ListedOperator[]> {
    try {
      const operators = await read();
      isBroken = false;
      return operators;
    } catch (error) {
      // Logged once, and not with each request.
      if (!isBroken) {
        const { message: reason } = error as Error;
        log.error(
          { variable: 'OPERATORS_FILE', reason },
          'nobody is let in by the list of operators: it is broken',
        );
      }
      isBroken = true;
      return [];
    }
  }

  const isValid = ({ validUntil }: ListedOperator) =>
    validUntil === undefined || now() < termOf(validUntil, validUntil).validUntil;

  return {
    async identify(token) {
      const given = hash('sha256', token, 'buffer');
      // Every token is compared, so that the time discloses nothing.
      const fitting = [...shared, ...(await listed())].filter(({ tokenSha256 }) =>
        timingSafeEqual(given, Buffer.from(tokenSha256, 'hex')),
      );
      return fitting.find(isValid)?.name;
    },
  };
}
