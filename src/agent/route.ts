import { CertError } from '../base/errors.ts';
import type { Label } from '../base/label.ts';
import type { HttpProxy, HttpRoute, TlsClientCertificate } from '../http/route.ts';
import type { CaProfile } from '../settings/ca-profile.ts';
import type { Store } from '../store/store.ts';

/** The part of a CA profile that says how its server is reached. */
export type RouteSettings = Pick<
  CaProfile,
  'label' | 'tlsRoots' | 'tlsClientCertificate' | 'tlsServerName' | 'proxy'
>;

/**
 * Find the way to a CA: the settings of its profile, with the password and the private key they name.
 *
 * @param isSecure the URL is https: otherwise no key is opened
 * @throws {CertError} CERT_UNKNOWN, KEY_UNUSABLE, and those of the store
 */
export async function routeOf(
  store: Store,
  { label, tlsRoots, tlsClientCertificate: name, tlsServerName, proxy }: RouteSettings,
  isSecure: boolean,
): Promise<HttpRoute> {
  const clientCertificate =
    isSecure && name !== undefined ? await clientCertificateOf(store, name, label) : undefined;
  return {
    ...(isSecure && {
      tls: {
        anchors: tlsRoots,
        ...(clientCertificate && { clientCertificate }),
        ...(tlsServerName !== undefined && { serverName: tlsServerName }),
      },
    }),
    ...(proxy && { proxy: await proxyOf(store, proxy, label) }),
  };
}

async function proxyOf(
  store: Store,
  { url, username }: NonNullable<CaProfile['proxy']>,
  label: Label,
): Promise<HttpProxy> {
  if (username === undefined) return { url };
  const password = (await store.authorities.proxyPassword(label)) ?? new Uint8Array();
  return { url, credentials: { username, password } };
}

/** Take the certificate that is current for the name now: it may have been renewed since the last request. */
async function clientCertificateOf(
  store: Store,
  name: Label,
  label: Label,
): Promise<TlsClientCertificate> {
  const refuse = (code: 'CERT_UNKNOWN' | 'KEY_UNUSABLE', why: string): never => {
    throw new CertError(
      code,
      `Cannot connect to CA "${label}" with certificate "${name}": ${why}`,
      {
        hint: 'Name another one with tls-client-cert in the CA profile',
      },
    );
  };
  const record = await store.certificates.current(name);
  if (record === undefined) return refuse('CERT_UNKNOWN', 'there is none of this name');
  if (record.keyId === undefined) return refuse('KEY_UNUSABLE', 'its private key is not here');
  if ((await store.keys.publicKey(record.keyId)).tokenUri !== undefined) {
    return refuse('KEY_UNUSABLE', 'its private key is in a token, which TLS does not reach here');
  }
  const pkcs8 = await store.keys.privateKey(record.keyId);
  return { pkcs8, chain: [record.der, ...record.chain] };
}
