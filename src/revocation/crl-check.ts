import { CertError } from '../base/errors.ts';
import { rawOf } from '../asn1/codec.ts';
import { oids, type Oid } from '../asn1/oids.ts';
import type { Certificate } from '../x509/certificate.ts';
import type { CertificateList } from '../x509/certificate-list.ts';
import { extensionValue } from '../x509/extension-values.ts';
import { sameName } from '../x509/name.ts';
import { indexCrl } from './crl.ts';
import { configuredPki, type PathInputs } from './path-inputs.ts';
import { isSignedBy } from './signed-by.ts';
import { validatePath } from './validate-path.ts';

/** Whether a CRL is the word of a CA we believe. */
export type CrlVerdict =
  | { readonly type: 'valid'; readonly issuer: Certificate }
  /** Lower case, no final period. */
  | { readonly type: 'invalid'; readonly detail: string };

/**
 * Check who signed a CRL: the CA of its name, on a path to an anchor, with a key that may sign CRLs, and not in the
 * future. Indirect and delta CRLs, and those of a part, are not taken: what is not in them says nothing.
 */
export function checkCrl(
  list: CertificateList,
  {
    intermediates,
    anchors,
    at,
    policy,
  }: Pick<PathInputs, 'intermediates' | 'anchors' | 'at' | 'policy'>,
): CrlVerdict {
  const { issuer: name, thisUpdate, crlExtensions } = list.tbsCertList;
  if (thisUpdate.value > at) return invalid('its thisUpdate is in the future');
  // Read strictly: what is critical and not understood must not be passed over, nor what RFC 5280 section 5.2 has
  // critical and a CA did not mark so.
  const isIncomplete = crlExtensions?.some(
    ({ critical, extnID }) => critical || confining.has(extnID),
  );
  if (isIncomplete) {
    return invalid('it has a critical extension: it is not a complete CRL of its CA');
  }
  let detail = 'no CA of its name is known';
  for (const issuer of [...anchors, ...intermediates]) {
    if (!sameName(issuer.tbsCertificate.subject, name)) continue;
    const verdict = validatePath({
      certificate: issuer,
      intermediates,
      anchors,
      at,
      policy,
      limits: configuredPki,
    });
    if (verdict.type === 'invalid') {
      detail = verdict.reasons[0].detail;
    } else if (
      extensionValue(issuer.tbsCertificate.extensions, 'keyUsage')?.includes('cRLSign') === false
    ) {
      detail = 'the keyUsage of its CA does not allow cRLSign';
    } else if (isSignedBy({ ...list, data: rawOf(list.tbsCertList) }, issuer, policy)) {
      const unread = flawIn(list);
      return unread === undefined ? { type: 'valid', issuer } : invalid(unread);
    } else {
      detail = 'its signature does not fit the key of its CA';
    }
  }
  return invalid(detail);
}

/** Say what keeps a CRL from being used, now and not when an answer depends on it; its entries are walked over once. */
function flawIn(list: CertificateList): string | undefined {
  try {
    const reading = indexCrl(list);
    return reading.type === 'malformed' ? reading.detail : reading.crl.unprocessed;
  } catch (error) {
    if (error instanceof CertError && error.code !== 'INTERNAL') return error.message;
    throw error;
  }
}

/** What makes a CRL one of a part, of others, or of changes only. */
const confining: ReadonlySet<Oid> = new Set([
  oids.issuingDistributionPoint,
  oids.deltaCRLIndicator,
]);

function invalid(detail: string): { readonly type: 'invalid'; readonly detail: string } {
  return { type: 'invalid', detail };
}
