import {
  ocspObject,
  rfc6960Profile,
  type OcspObject,
  type OcspSigningCert,
} from './ocsp-object.ts';
import { readerOf, type SettingWords } from './setting.ts';

/**
 * Make an OCSP object of its settings by word. `signing-certs` are LABEL, LABEL:any or LABEL:CA,CA: for whom the
 * certificate may speak.
 *
 * @param hasPassword a tunnel-password is kept beside it
 */
export function ocspObjectOf(name: string, words: SettingWords, hasPassword: boolean): OcspObject {
  const { flag, number, text, texts } = readerOf(words);
  const username = text('tunnel-username');
  const address = text('tunnel-address');
  const hasTunnel = address !== undefined || username !== undefined || hasPassword;
  const cacheTimeout = number('cache-timeout') ?? text('cache-timeout');
  return ocspObject({
    name,
    ...(text('profile') === 'rfc6960' && rfc6960Profile),
    ...set('url', text('url')),
    ...set('verifyOthers', flag('verify-others')),
    signingCerts: texts('signing-certs').map(signingCert),
    ...set('caChain', text('ca-chain')),
    ...set('issuerCriteriaCheck', flag('issuer-criteria-check')),
    ...set('acceptTrustedRoot', flag('accept-trusted-root')),
    trustOcspSigning: texts('trust-ocsp-signing'),
    ...set('checkResponder', oneOf(['warn', 'crl', 'strict'], text('check-responder'))),
    ...set('minRsaBits', number('min-rsa-size')),
    ...set('allowSha1', flag('allow-sha1')),
    ...set('timeoutMs', number('timeout')),
    ...set('maxAgeSeconds', number('max-age')),
    ...set('clockSkewSeconds', number('clock-skew')),
    ...set('hostHeader', text('host-header')),
    ...set('rejectMissingNextUpdate', flag('reject-missing-next-update')),
    ...set('caching', flag('caching')),
    ...set('cachingThisUpdateMaxAgeSeconds', number('caching-thisupd-extra-maxage')),
    ...set('cachingNextUpdateAheadSeconds', number('caching-nextupd-ahead-time')),
    ...(cacheTimeout !== undefined && {
      cacheTimeoutSeconds: typeof cacheTimeout === 'number' ? cacheTimeout : 'indefinite',
    }),
    ...set('cacheErrorTimeoutSeconds', number('cache-error-timeout')),
    ...set('nonce', oneOf(['off', 'prefer', 'require'], text('nonce'))),
    ...set('certIdHash', oneOf(['sha1', 'sha256'], text('certid-hash'))),
    ...set('signerCert', text('signer-cert')),
    ...set('tunneling', flag('tunneling')),
    ...(hasTunnel && {
      tunnel: {
        address: address ?? '',
        port: number('tunnel-port') ?? 0,
        ...(username !== undefined && { username }),
        hasPassword,
      },
    }),
    dnsResolver: texts('dns-resolver'),
    ...set('concurrentConnectionsLimit', number('concurrent-connections-limit')),
    ...set('maxResponseOctets', number('max-response-size')),
  });
}

function set<K extends keyof OcspObject>(
  field: K,
  value: OcspObject[K] | undefined,
): Partial<OcspObject> {
  return value === undefined ? {} : { [field]: value };
}

function signingCert(text: string): OcspSigningCert {
  const [label = '', bound] = text.split(':', 2);
  if (bound === undefined) return { label, forCa: 'its issuer' };
  return { label, forCa: bound === 'any' ? 'any' : bound.split(',').filter((one) => one !== '') };
}

function oneOf<const T extends string>(
  choices: readonly T[],
  value: string | undefined,
): T | undefined {
  return choices.find((choice) => choice === value);
}
