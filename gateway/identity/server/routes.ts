/**
 * The addresses of the authorization server: `POST /oauth2/token`, `POST /oauth2/revoke`, `GET /oauth2/jwks`,
 * `GET /.well-known/oauth-authorization-server`, `GET /.well-known/oauth-protected-resource`.
 */
import type { FastifyPluginAsync } from 'fastify';
import type { RouteSchema } from '../../operation/route-schema.ts';
import type { ClientCertificates } from '../certificates/client-certificates.ts';
import { usesCertificates } from '../certificates/uses-certificates.ts';
import {
  JWKS_PATH,
  METADATA_PATH,
  metadataUrl,
  RESOURCE_METADATA_PATH,
  resourceMetadataUrl,
} from '../paths.ts';
import type { SigningKeys } from '../tokens/signing-keys.ts';
import { resourceMetadata, serverMetadata } from './metadata.ts';
import { jwksSchema, metadataSchema, resourceMetadataSchema } from './metadata-schemas.ts';
import { type RevocationEndpointOptions, revocationEndpoint } from './revocation-endpoint.ts';
import { scopesOf } from './scopes.ts';
import { type TokenEndpointOptions, tokenEndpoint } from './token-endpoint.ts';

interface IdentityRoutesOptions extends TokenEndpointOptions, Omit<RevocationEndpointOptions, 'metrics'> {
  readonly metrics: TokenEndpointOptions['metrics'] & RevocationEndpointOptions['metrics'];
  readonly certificates: ClientCertificates;
  /** Keys that sign responses, which are published with those of tokens. */
  readonly messageKeys: Pick<SigningKeys, 'published'> | undefined;
}

/** A document that anybody may read, for five minutes without asking again. */
interface PublicDocument {
  readonly path: string;
  readonly url: string;
  readonly schema: RouteSchema;
  readonly make: () => object;
}

const FOR_A_WHILE = 'public, max-age=300';

export function identityRoutes(options: IdentityRoutesOptions): FastifyPluginAsync {
  const { issuer, catalog, certificates, signingKeys, messageKeys, requireBoundTokens } = options;
  const described = () => ({
    issuer,
    scopes: scopesOf(catalog()),
    certificates: certificates.certain || (certificates.possible && usesCertificates(catalog())),
  });
  const documents: readonly PublicDocument[] = [
    {
      path: METADATA_PATH,
      url: metadataUrl(issuer),
      schema: metadataSchema,
      make: () => serverMetadata(described()),
    },
    {
      path: RESOURCE_METADATA_PATH,
      url: resourceMetadataUrl(issuer),
      schema: resourceMetadataSchema,
      make: () => resourceMetadata({ ...described(), issuers: catalog().issuers.keys(), requireBoundTokens }),
    },
  ];
  return async (app) => {
    await app.register(tokenEndpoint(options));
    await app.register(revocationEndpoint(options));
    app.get(JWKS_PATH, { schema: jwksSchema }, (_request, reply) =>
      reply
        .header('Cache-Control', FOR_A_WHILE)
        .type('application/jwk-set+json')
        .send(
          JSON.stringify({
            keys: [...signingKeys.published().keys, ...(messageKeys?.published().keys ?? [])],
          }),
        ),
    );
    for (const { path, url, schema, make } of documents) {
      // An issuer with a path has its metadata at a path of their own (RFC 8414, 3.1; RFC 9728, 3.1).
      for (const route of new Set([path, new URL(url).pathname])) {
        app.get(route, route === path ? { schema } : {}, (_request, reply) =>
          reply.header('Cache-Control', FOR_A_WHILE).send(make()),
        );
      }
    }
  };
}
