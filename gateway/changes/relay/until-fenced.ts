import { Fenced } from './fence.ts';

/** Settles as `work` does, or rejects when `signal` aborts: `work` cannot be cancelled, and nobody waits for it then. @throws Fenced */
export async function untilFenced<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const gone = Promise.withResolvers<never>();
  const lose = () => gone.reject(new Fenced());
  if (signal.aborted) lose();
  else signal.addEventListener('abort', lose, { once: true });
  try {
    return await Promise.race([gone.promise, work]);
  } finally {
    signal.removeEventListener('abort', lose);
    work.catch(() => {});
    gone.promise.catch(() => {});
  }
}
