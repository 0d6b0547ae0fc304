#!/usr/bin/env node
/**
 * The command `lienthong`. Plain JavaScript, so that an older Node can read it: the gateway itself is TypeScript that
 * Node 24 and later run as it is. On an older one the Node that npm installed beside this package takes over.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import module from 'node:module';
import { fileURLToPath } from 'node:url';

const OLDEST = 24;
const bundled = fileURLToPath(new URL('../node_modules/.bin/node', import.meta.url));

if (Number.parseInt(process.versions.node, 10) >= OLDEST) {
  // Types are stripped and code is compiled once, not at every start; without a place to keep it, it goes as before.
  // Production has a place of its own (runtime/permissions.ts): what others may have left in a shared one must not run.
  if (process.argv[2] !== 'start') module.enableCompileCache();
  const { main } = await import('./cli.ts');
  process.exitCode = await main(process.argv.slice(2));
} else if (existsSync(bundled)) {
  const child = spawn(bundled, process.argv.slice(1), { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal ? 1 : 0);
  });
} else {
  console.error(
    `lienthong needs Node ${OLDEST} or later; this is ${process.versions.node}. Run "npm ci" first, or install it.`,
  );
  process.exitCode = 1;
}
