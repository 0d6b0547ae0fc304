import { errorCodes, type FastifyError } from 'fastify';

/** Did Fastify make `error`? Its code alone does not prove that: any library may use a code of the same name. */
export function isFastifyError(error: unknown): error is FastifyError {
  if (!(error instanceof Error) || !('code' in error)) return false;
  const known: Readonly<Record<string, new () => FastifyError>> = errorCodes;
  const made = known[String(error.code)];
  return made !== undefined && error instanceof made;
}
