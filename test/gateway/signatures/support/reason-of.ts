import { InvalidSignature } from '../../../../gateway/signatures/format/invalid-signature.ts';

/** The fault for which `work` refuses a signature; `undefined` when it does not. */
export function reasonOf(work: () => unknown): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    if (error instanceof InvalidSignature) return error.reason;
    throw error;
  }
}
