/** The systems of the demo agencies (`contracts/agencies`), and their keys: made on first start, never committed. */
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateKey } from '../../gateway/client/client.ts';
import { registries } from './registries/registries.ts';

export const demoSystems: readonly string[] = [
  ...registries.map(({ system }) => system),
  ...['G12.thue', 'G22.giamsat', 'H26.motcua', 'H29.thu'],
].sort();

/**
 * Makes the keys that are missing: `<client id>.jwk.json`, private, in `keysDir`; `<client id>.jwks.json`, public, in
 * `clientKeysDir`, where the catalogue reads it.
 */
export async function ensureSystemKeys(
  systems: readonly string[],
  keysDir: string,
  clientKeysDir: string,
): Promise<void> {
  await mkdir(keysDir, { recursive: true, mode: 0o700 });
  await mkdir(clientKeysDir, { recursive: true });
  await Promise.all(
    systems.map(async (system) => {
      const privateFile = join(keysDir, `${system}.jwk.json`);
      const publicFile = join(clientKeysDir, `${system}.jwks.json`);
      if ((await exists(privateFile)) && (await exists(publicFile))) return;
      const { privateJwk, publicJwk } = await generateKey();
      await writeFile(publicFile, `${JSON.stringify({ keys: [publicJwk] }, null, 2)}\n`);
      await writeFile(privateFile, `${JSON.stringify(privateJwk, null, 2)}\n`, { mode: 0o600 });
    }),
  );
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
