/** A system with a key of its own, and fresh assertions by it. */
import type { JWK } from 'jose';
import type { System } from '../../../../gateway/catalog/catalog.ts';
import { generateKey, signAssertion } from '../../../../gateway/client/client.ts';
import { ASSERTION_TYPE } from '../../../../gateway/identity/clients/assertion-type.ts';
import { ISSUER, inlineKeys, NOW, system } from './identity.ts';

interface TestClient {
  readonly system: System;
  readonly privateJwk: JWK & { kid: string };
  readonly publicJwk: JWK & { kid: string };
  /** A form that gets a token, with these parameters beside. */
  form(parameters?: Record<string, string>, at?: number): Promise<Record<string, string>>;
}

export async function testClient(id: string, keys?: System['keys']): Promise<TestClient> {
  const { privateJwk, publicJwk } = await generateKey();
  return {
    system: system(id, keys ?? inlineKeys(publicJwk)),
    privateJwk,
    publicJwk,
    form: async (parameters = {}, at = NOW) => ({
      grant_type: 'client_credentials',
      client_assertion_type: ASSERTION_TYPE,
      client_assertion: await signAssertion({ issuer: ISSUER, clientId: id, privateJwk, at }),
      ...parameters,
    }),
  };
}
