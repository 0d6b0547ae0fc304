/** One agency file -> the Agency and its Systems. */

import type {
  Agency,
  CertificateIdentity,
  ClientAuthMethod,
  Contact,
  JsonWebKey,
  System,
} from '../catalog.ts';
import { normaliseAgencyCode } from '../formats/agency-code.ts';
import type { Finding, SourceFile } from '../read/document.ts';
import { authMethodOf } from './auth-method.ts';
import { checkKeys } from './keys.ts';

/** As `schemas/catalog/agency.schema.json` describes it. */
export interface AgencySource {
  readonly agency: string;
  readonly name: { readonly vi: string; readonly en: string };
  readonly contact?: Contact;
  readonly systems: readonly {
    readonly system: string;
    readonly name: { readonly vi: string; readonly en: string };
    readonly jwks?: { readonly keys: readonly JsonWebKey[] };
    readonly jwksUri?: string;
    readonly token_endpoint_auth_method?: ClientAuthMethod;
    readonly binding?: 'none' | 'dpop' | 'mtls';
    readonly certificate?: CertificateIdentity;
    readonly kafkaPrincipals?: readonly string[];
  }[];
}

/**
 * @param clientKeys public key sets delivered apart from the agency's file (`CLIENT_KEYS_DIR`), by system id
 */
export function agencyOf(
  source: AgencySource,
  file: SourceFile,
  clientKeys: ReadonlyMap<string, SourceFile>,
  report: (finding: Finding) => void,
): { agency: Agency; systems: System[] } {
  const agency: Agency = {
    code: normaliseAgencyCode(source.agency),
    name: source.name,
    contact: source.contact,
  };
  const systems = source.systems.map((system, index): System => {
    if (!system.system.startsWith(`${agency.code}.`)) {
      report(
        file.finding(
          `/systems/${index}/system`,
          `the id of a system of ${agency.code} begins with "${agency.code}."`,
        ),
      );
    }
    const delivered = clientKeys.get(system.system);
    const given = delivered?.value as { readonly keys?: readonly JsonWebKey[] } | undefined;
    if (system.jwks && !file.isChecked) {
      checkKeys(system.jwks.keys, `/systems/${index}/jwks/keys`, file, report);
    }
    if (Array.isArray(given?.keys) && delivered && !delivered.isChecked) {
      checkKeys(given.keys, '/keys', delivered, report);
    }
    const keys = system.jwksUri
      ? { jwksUri: system.jwksUri }
      : { jwks: system.jwks ?? { keys: given?.keys ?? [] } };
    const { certificate, token_endpoint_auth_method: registered } = system;
    const method = authMethodOf(registered, keys, certificate);
    if (method.fault !== undefined) {
      report(file.finding(`/systems/${index}/token_endpoint_auth_method`, method.fault));
    }
    return {
      id: system.system,
      agency,
      name: system.name,
      keys,
      authMethod: method.name,
      binding: system.binding === 'none' ? undefined : system.binding,
      certificate,
      kafkaPrincipals: system.kafkaPrincipals,
    };
  });
  return { agency, systems };
}
