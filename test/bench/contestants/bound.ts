/**
 * The full look-up with tokens that are bound to their sender: to a DPoP key, with a new proof in each request (RFC 9449),
 * and to the certificate of the connection (RFC 8705). TLS costs by itself, so there is a bearer token over TLS beside.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JWK } from 'jose';
import { Agent, fetch } from 'undici';
import { createClient } from '../../../gateway/client/client.ts';
import { type Certificate, makeAuthority, makeCertificate } from '../../support/certificates.ts';
import { CONSUMER } from '../catalogue.ts';
import type { ClientTls } from '../load/job.ts';
import type { Contestant } from './contestant.ts';
import { DECLARED, faultOf, type Gateway, type GatewayOptions, type ServiceUnderLoad } from './gateway.ts';

/** Certificates of a gateway that ends TLS, and of its one client. */
export interface Certificates {
  readonly server: Required<GatewayOptions>['tls'];
  readonly client: Required<ClientTls>;
}

/** @param client the consumer's, by whose thumbprint the catalogue knows it */
export async function writeCertificates(directory: string, client: Certificate): Promise<Certificates> {
  const authority = makeAuthority('Bench');
  const server = makeCertificate({ subject: [['CN', 'gateway']], san: [['ip', '127.0.0.1']] }, authority);
  const write = async (name: string, text: string) => {
    await writeFile(join(directory, name), text, { mode: 0o600 });
    return join(directory, name);
  };
  return {
    server: {
      cert: await write('gateway.pem', server.pem),
      key: await write('gateway.key', server.keyPem),
      // It has no authority: it is known by its thumbprint, and asked for all the same.
      clientCa: await write('clients.pem', authority.pem),
    },
    client: { ca: authority.pem, cert: client.pem, key: client.keyPem },
  };
}

/** A bearer token, over TLS without a client certificate. */
export function bearerOverTls(
  gateway: Gateway,
  under: ServiceUnderLoad,
  privateJwk: JWK,
  { client: { ca } }: Certificates,
): Contestant {
  return overTls('bearer token over TLS', gateway, under, { ca }, privateJwk);
}

/** A token that is bound to the certificate of the connection on which the client asked for it. */
export function boundToCertificate(
  gateway: Gateway,
  under: ServiceUnderLoad,
  privateJwk: JWK,
  { client }: Certificates,
): Contestant {
  return overTls('token bound to a certificate', gateway, under, client, privateJwk);
}

function overTls(
  name: string,
  gateway: Gateway,
  under: ServiceUnderLoad,
  tls: ClientTls,
  privateJwk: JWK,
): Contestant {
  const dispatcher = new Agent({ connect: { ...tls }, keepAliveTimeout: 1 });
  const client = createClient({
    issuer: gateway.url,
    clientId: CONSUMER,
    privateJwk,
    fetch: (input, init) => fetch(input, { ...init, dispatcher }),
  });
  return {
    name,
    tls,
    pid: gateway.pid,
    port: gateway.port,
    requests: async () => under.requests({ Authorization: `Bearer ${await client.token()}`, ...DECLARED }),
    fault: (request, body) => faultOf(under, request, body),
  };
}

/** A token that is bound to a key, on the gateway that the bearer token is measured on. */
export function boundToKey(gateway: Gateway, under: ServiceUnderLoad, privateJwk: JWK): Contestant {
  const client = createClient({ issuer: gateway.url, clientId: CONSUMER, privateJwk, dpop: true });
  return {
    name: 'token bound to a DPoP key',
    pid: gateway.pid,
    port: gateway.port,
    requests: async () => under.requests({ Authorization: `DPoP ${await client.token()}`, ...DECLARED }),
    proving: async () => {
      // The nonce that the gateway gave last stands in the client's own proofs.
      await client.send(`${gateway.url}/v1/catalog/agencies`).then(({ body }) => body?.cancel());
      const { dpop = '' } = await client.authorise('GET', gateway.url);
      const { nonce } = JSON.parse(Buffer.from(dpop.split('.')[1] ?? '', 'base64url').toString());
      return { privateJwk: { ...privateJwk }, token: await client.token(), nonce, origin: gateway.url };
    },
    fault: (request, body) => faultOf(under, request, body),
  };
}
