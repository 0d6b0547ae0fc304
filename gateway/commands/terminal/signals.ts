/** Resolves at the first SIGINT or SIGTERM; a second one ends the process at once, for whoever is in a hurry. */
export function untilSignalled(): Promise<NodeJS.Signals> {
  const { promise, resolve } = Promise.withResolvers<NodeJS.Signals>();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      // npm passes a terminal's Ctrl-C on to us a second time: what comes at once is the same key.
      setTimeout(() => process.once(signal, () => process.exit(130)), 1000).unref();
      process.on(signal, () => {});
      resolve(signal);
    });
  }
  return promise;
}
