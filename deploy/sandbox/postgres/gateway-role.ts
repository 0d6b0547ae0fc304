/** Separates the roles of the sandbox's database, as production should: the owner migrates, the gateway owns nothing. */
import { createHmac } from 'node:crypto';
import { prepareDatabase } from '../../../gateway/store/prepare/prepare-database.ts';

export const GATEWAY_ROLE = 'lienthong_gateway';

/**
 * Brings the database to the newest schema and makes the gateway's role, if missing.
 * @param ownerUrl of a role that may make others
 * @returns the URL of the same database, for the gateway's role
 */
export async function asGateway(ownerUrl: string, retentionMonths = 12): Promise<string> {
  const url = new URL(ownerUrl);
  // Derived from the owner's password, so it need not be stored.
  const password = createHmac('sha256', url.password).update(GATEWAY_ROLE).digest('base64url');
  await prepareDatabase({ url: ownerUrl, role: { name: GATEWAY_ROLE, password }, retentionMonths });
  return Object.assign(url, { username: GATEWAY_ROLE, password }).href;
}
