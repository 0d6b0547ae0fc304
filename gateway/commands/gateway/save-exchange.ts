/** Saves a call as two files, `request.http` and `response.http`: later proof of request and answer. */
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { makeDirectory } from '../../runtime/make-directory.ts';
import { CommandError, exitStatus } from '../terminal/command.ts';

interface Exchange {
  readonly method: string;
  readonly url: string;
  readonly requestHeaders: Readonly<Record<string, string>>;
  readonly requestBody: string | undefined;
  readonly response: Response;
  readonly responseBody: Buffer;
}

/**
 * Writes both files, readable by their owner only. The request contains its whole target, so that no reader has to guess it. The
 * access token is left out: no signature of a response needs it.
 * @throws CommandError when they cannot be written
 */
export async function saveExchange(directory: string, exchange: Exchange): Promise<void> {
  await writeBoth(directory, exchange).catch(({ code = 'no reason given' }: NodeJS.ErrnoException) => {
    throw new CommandError(
      `the call was made and cannot be saved in ${directory} (${code})`,
      exitStatus.outputLost,
    );
  });
}

async function writeBoth(directory: string, exchange: Exchange): Promise<void> {
  const { method, url, requestHeaders, requestBody, response, responseBody } = exchange;
  const { authorization, ...headers } = requestHeaders;
  makeDirectory(resolve(directory), 0o700);
  const write = (name: string, startLine: string, fields: Iterable<[string, string]>, content: Buffer) => {
    const head = [startLine, ...[...fields].map(([field, value]) => `${field}: ${value}`), '', ''].join(
      '\r\n',
    );
    return writeFile(join(directory, name), Buffer.concat([Buffer.from(head), content]), { mode: 0o600 });
  };
  await write(
    'request.http',
    `${method} ${url} HTTP/1.1`,
    Object.entries(headers),
    Buffer.from(requestBody ?? ''),
  );
  const { status, statusText } = response;
  await write('response.http', `HTTP/1.1 ${status} ${statusText}`, response.headers, responseBody);
}
