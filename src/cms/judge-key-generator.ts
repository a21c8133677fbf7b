import { oids } from '../asn1/oids.ts';
import type { AlgorithmPolicy } from '../crypto/policy.ts';
import { configuredPki } from '../revocation/path-inputs.ts';
import { validatePath } from '../revocation/validate-path.ts';
import type { Certificate } from '../x509/certificate.ts';
import { extensionValue } from '../x509/extension-values.ts';
import type { VerifiedContent } from './verify-signed-data.ts';

/** What a key generation authority is believed on. */
export interface KeyGeneratorTrust {
  readonly anchors: readonly Certificate[];
  readonly intermediates: readonly Certificate[];
  readonly policy: AlgorithmPolicy;
}

/**
 * Judge whether the signer of a generated key may generate keys: its path leads to an anchor, and it is the CA
 * that issued the new certificate or carries the extended key usage cmKGA.
 *
 * @param issued the certificate the key came with
 * @returns why not, as the end of a sentence; undefined when it may
 * @see RFC 9810 section 4.5, RFC 9483 section 4.1.6
 */
export function judgeKeyGenerator(
  { signers, certificates }: Pick<VerifiedContent, 'signers' | 'certificates'>,
  issued: Certificate,
  { anchors, intermediates, policy }: KeyGeneratorTrust,
  at: Date,
): string | undefined {
  const [signer, ...others] = signers;
  // C17: RFC 9483 section 4.1.6 has one.
  if (others.length > 0) return `it has ${signers.length} signers, expected 1`;
  const verdict = validatePath({
    certificate: signer,
    intermediates: [...certificates, ...intermediates],
    anchors,
    at,
    policy,
    limits: configuredPki,
  });
  if (verdict.type === 'invalid') return verdict.reasons[0].detail;
  const { extensions } = signer.tbsCertificate;
  // C17: authorisation is with the CA itself, which may delegate it by the extended key usage.
  if (isIssuerOf(signer, issued, policy, at)) return undefined;
  if (!extensionValue(extensions, 'extKeyUsage')?.includes(oids.cmKGA)) {
    return 'its signer is not the CA and lacks the extended key usage cmKGA';
  }
  if (extensionValue(extensions, 'keyUsage')?.includes('digitalSignature') === false) {
    return 'the keyUsage of its signer does not allow digitalSignature';
  }
  return undefined;
}

/** With the signer as the only anchor there is a path exactly when it issued the certificate, and may have. */
function isIssuerOf(
  signer: Certificate,
  issued: Certificate,
  policy: AlgorithmPolicy,
  at: Date,
): boolean {
  const verdict = validatePath({
    certificate: issued,
    intermediates: [],
    anchors: [signer],
    at,
    policy,
    limits: configuredPki,
  });
  return verdict.type === 'valid' && verdict.path.length === 1;
}
