import { CertError } from '../base/errors.ts';
import { readable } from '../base/readable.ts';
import { oids } from '../asn1/oids.ts';
import { parseHttpUrl } from '../http/url.ts';
import type { Certificate } from '../x509/certificate.ts';
import { extensionValue } from '../x509/extension-values.ts';
import { MAX_URL_CHARACTERS } from './crl-places.ts';

/** Responders of one certificate that are asked. CAs name one, some a second; each may cost a whole timeout. */
const MAX_RESPONDERS = 4;

/**
 * List the responders a certificate names, in its order: id-ad-ocsp of authorityInfoAccess (RFC 5280 section 4.2.2.1),
 * http and https only. An extension that cannot be read names nobody.
 */
export function responderUrls({ tbsCertificate: { extensions } }: Certificate): readonly string[] {
  const access = readable(() => extensionValue(extensions, 'authorityInfoAccess')) ?? [];
  const urls = access.flatMap(({ accessMethod, accessLocation }) =>
    accessMethod === oids.ocsp && accessLocation.type === 'uniformResourceIdentifier'
      ? [accessLocation.value]
      : [],
  );
  return [...new Set(urls)].filter(isHttp).slice(0, MAX_RESPONDERS);
}

function isHttp(url: string): boolean {
  if (url.length > MAX_URL_CHARACTERS) return false;
  try {
    parseHttpUrl(url);
    return true;
  } catch (error) {
    if (error instanceof CertError && error.code === 'CONFIG_INVALID') return false;
    throw error;
  }
}
