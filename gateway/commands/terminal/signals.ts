/** Resolves at the first SIGINT or SIGTERM; a second one ends the process at once. */
export function untilSignalled(): Promise<NodeJS.Signals> {
  const { promise, resolve } = Promise.withResolvers<NodeJS.Signals>();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      // npm passes a terminal's Ctrl-C on a second time: a signal right after the first is the same key press.
      setTimeout(() => process.once(signal, () => process.exit(130)), 1000).unref();
      process.on(signal, () => {});
      resolve(signal);
    });
  }
  return promise;
}
