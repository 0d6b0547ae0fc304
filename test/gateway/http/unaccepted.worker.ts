/** The thread of `unaccepted.ts`: connects, sends and resets, and reports when all of it is done. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { parentPort } from 'node:worker_threads';
import type { Work } from './unaccepted.ts';

parentPort!.on('message', async ({ host, port, requests, done }: Work) => {
  for (const bytes of requests) {
    const socket = connect({ host, port }).on('error', () => {});
    await once(socket, 'connect');
    await new Promise((written) => socket.write(bytes, written));
    socket.resetAndDestroy();
  }
  Atomics.store(done, 0, 1);
  Atomics.notify(done, 0);
});
