/**
 * The gateway's log: JSON lines without personal data.
 *
 * A request is logged by its route's template, never by its URL; an error by its name, code and stack,
 * and by its message only when that is known to be fixed words. A `cause` often contains an upstream's text, a
 * pg error the values of a row, a SyntaxError a piece of the body.
 */
import pino from 'pino';
import { isoNow } from '../time/iso-now.ts';
import { describeCause, describeError } from './describe-error.ts';
import { writeBlocks } from './log-blocks.ts';

export type Log = pino.Logger;

/** The part of a log that writes lines. Callers MUST NOT pass a token, assertion or key to it. */
export interface LogLines {
  info(members: object, message: string): void;
  warn(members: object, message: string): void;
  error(members: object, message: string): void;
}

interface RequestLike {
  readonly method?: string;
  readonly routeOptions?: { readonly url?: string };
}

interface ReplyLike {
  readonly statusCode?: number;
}

/**
 * @param level one of pino's
 * @param destination default: standard output, written in blocks at most 200 ms old and at exit
 */
export function createLog(level: string, destination?: pino.DestinationStream): Log {
  return pino(
    {
      level,
      base: undefined,
      timestamp: () => `,"time":"${isoNow()}"`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: {
        err: describeError,
        error: describeError,
        cause: describeCause,
        // Fastify's own serialiser would log the URL and the caller's address.
        req: (request: RequestLike) => ({ method: request.method, route: request.routeOptions?.url }),
        res: (reply: ReplyLike) => ({ status: reply.statusCode }),
      },
    },
    destination ?? writeBlocks(1),
  );
}
