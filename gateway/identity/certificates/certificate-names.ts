/**
 * Is this the certificate of a system? By one name of it, compared whole (RFC 8705, 2.1.2), when a trusted authority
 * issued it; or by its digest (2.2).
 */
import type { X509Certificate } from 'node:crypto';
import type { CertificateIdentity } from '../../catalog/catalog.ts';
import type { ClientCertificate } from './client-certificates.ts';

export function isCertificateOf(identity: CertificateIdentity, certificate: ClientCertificate): boolean {
  const { x509, thumbprint, inForce, trusted } = certificate;
  if ('thumbprints' in identity) return inForce && identity.thumbprints.includes(thumbprint);
  if (!trusted) return false;
  if ('subjectDn' in identity) return canonicalDn(identity.subjectDn) === subjectOf(x509);
  if ('sanDns' in identity) {
    return x509.checkHost(identity.sanDns, { subject: 'never', wildcards: false }) !== undefined;
  }
  if ('sanIp' in identity) return x509.checkIP(identity.sanIp) !== undefined;
  if ('sanEmail' in identity) return x509.checkEmail(identity.sanEmail, { subject: 'never' }) !== undefined;
  return urisOf(x509).includes(identity.sanUri);
}

/** The subject as RFC 4514 writes it, the most specific name first. Node reports it in the reverse order, line by line. */
function subjectOf({ subject }: X509Certificate): string | undefined {
  return subject ? canonicalDn(subject.split('\n').reverse().join(',')) : undefined;
}

/** The canonical spelling of a name: `type=value`, without space around separators, types in upper case. */
export function canonicalDn(dn: string): string {
  return split(dn, ',')
    .map((rdn) =>
      split(rdn, '+')
        .map((pair) => {
          const equals = pair.indexOf('=');
          return `${pair.slice(0, equals).trim().toUpperCase()}=${pair.slice(equals + 1).trim()}`;
        })
        .sort()
        .join('+'),
    )
    .join(',');
}

/** Splits at separators that no backslash escapes. */
function split(text: string, separator: ',' | '+'): string[] {
  const parts: string[] = [];
  let begin = 0;
  for (let index = 0; index < text.length; index++) {
    if (text[index] === '\\') index++;
    else if (text[index] === separator) {
      parts.push(text.slice(begin, index));
      begin = index + 1;
    }
  }
  parts.push(text.slice(begin));
  return parts;
}

/** Node separates names by `, `, and writes an ambiguous name as JSON. */
function urisOf({ subjectAltName = '' }: X509Certificate): string[] {
  const names = subjectAltName.matchAll(/(?:^|, )URI:("(?:[^"\\]|\\.)*"|[^,"]*)/g);
  return [...names].map(([, name = '']) => (name.startsWith('"') ? JSON.parse(name) : name));
}
