import type { Label } from '../base/label.ts';
import type { HttpProxy, HttpRoute } from '../http/route.ts';
import { tlsCertificate } from '../lifecycle/tls-certificate.ts';
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
  const own =
    isSecure && name !== undefined
      ? await tlsCertificate(
          store,
          name,
          `connect to CA "${label}"`,
          'Name another one with tls-client-cert in the CA profile',
        )
      : undefined;
  return {
    ...(isSecure && {
      tls: {
        anchors: tlsRoots,
        ...(own && { clientCertificate: own.shown }),
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
