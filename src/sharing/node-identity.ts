import { bytesEqual } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import { isLabel, type Label } from '../base/label.ts';
import { toDer } from '../asn1/codec.ts';
import { extensionValue } from '../x509/extension-values.ts';
import { certificateDer, type Certificate } from '../x509/certificate.ts';
import { GeneralName } from '../x509/general-name.ts';
import { formatGeneralName, parseGeneralName } from '../x509/general-name-text.ts';
import { isNullDn, sameName, type Name } from '../x509/name.ts';
import { formatName, parseName } from '../x509/name-text.ts';

/** Another node, by what the certificate that it shows must have. */
export type NodeIdentity =
  /** Exactly the certificate that is current here under this name. */
  | { readonly type: 'certificate'; readonly name: Label }
  /** This subject, all of it. */
  | { readonly type: 'subject'; readonly subject: Name }
  /** This subject alternative name among others. */
  | { readonly type: 'altName'; readonly name: GeneralName };

/**
 * Read a node as an operator writes it: `dns:gw2.example`, `ip:192.0.2.2`, `email:…`, `uri:…`, a subject such as
 * `CN=gw2,O=Test`, or the name of a certificate that is stored here.
 *
 * @throws {CertError} USAGE_INVALID, DN_INVALID
 */
export function parseNode(text: string): NodeIdentity {
  if (isLabel(text)) return { type: 'certificate', name: text };
  if (/^(?:dns|ip|email|uri|dirname):/i.test(text)) {
    const name = parseGeneralName(text);
    if (name.type === 'dNSName' && name.value.startsWith('*')) {
      throw refusal(text, 'a node has one name', 'Write each node by itself: dns:gw2.example');
    }
    return { type: 'altName', name };
  }
  const subject = parseName(text);
  if (isNullDn(subject)) {
    throw refusal(text, 'an empty subject is that of anybody', 'Write dns:gw2.example or CN=gw2');
  }
  return { type: 'subject', subject };
}

/** Write a node as `parseNode` reads it. */
export function formatNode(node: NodeIdentity): string {
  switch (node.type) {
    case 'certificate':
      return node.name;
    case 'subject':
      return formatName(node.subject);
    case 'altName':
      return formatGeneralName(node.name);
  }
}

/**
 * Tell whether a certificate is that of a node. Wildcards match nothing, and no part of a name does.
 *
 * @param shown what the peer has proven to hold the key of; that it leads to a root is for the caller to know
 * @param stored the certificate that is current here under the name of a `certificate`, if there is one
 */
export function isNode(
  node: NodeIdentity,
  certificate: Certificate,
  stored: Uint8Array | undefined,
): boolean {
  const { tbsCertificate } = certificate;
  switch (node.type) {
    case 'certificate':
      return stored !== undefined && bytesEqual(stored, certificateDer(certificate));
    case 'subject':
      return sameName(tbsCertificate.subject, node.subject);
    case 'altName': {
      const names = extensionValue(tbsCertificate.extensions, 'subjectAltName') ?? [];
      return names.some((name) => isSameName(name, node.name));
    }
  }
}

function isSameName(a: GeneralName, b: GeneralName): boolean {
  if (a.type === 'dNSName' && b.type === 'dNSName') return host(a.value) === host(b.value);
  if (a.type === 'directoryName' && b.type === 'directoryName') return sameName(a.value, b.value);
  return a.type === b.type && bytesEqual(toDer(GeneralName, a), toDer(GeneralName, b));
}

/** RFC 4343: case does not matter; a dot at the end says what is said without. */
function host(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}

function refusal(text: string, why: string, hint: string): CertError {
  return new CertError('USAGE_INVALID', `Cannot take "${text}" for a node: ${why}`, { hint });
}
