import { silentLog } from '../base/log.ts';
import { openCertStore } from './cert-store.ts';
import { nodeDeliveryFs } from './delivery-fs.ts';
import type { Delivered, DeliveryOptions, RequestDelivery } from './files.ts';
import { placeFiles } from './place.ts';
import { previousPath } from './staging.ts';

/**
 * Put a certification request and its key into the cert-store location: `NAME.csr-key.pem` with mode 0600, and
 * `NAME.csr.pem`. Not under the names of the certificate's own files: beside those stands the key in use, which
 * this one replaces no sooner than its certificate is here.
 *
 * @throws {CertError} DELIVERY_FAILED, naming path and cause; the old files are then in place again
 */
export async function deliverRequest(
  delivery: RequestDelivery & DeliveryOptions,
): Promise<Delivered> {
  const { directory, name, keyPem, requestPem, log = silentLog, fs = nodeDeliveryFs } = delivery;
  const { place, file } = await openCertStore({ directory, name, log, fs });
  const files = [
    ...(keyPem === undefined ? [] : [file('csr-key', keyPem, 0o600)]),
    file('csr', requestPem, 0o644),
  ];
  // A name has no "+": this is nobody else's.
  const [staging] = await placeFiles({ fs, place, name: `${name}+csr`, files });
  return {
    directory,
    files: files.map(({ path }) => path),
    previous: staging === undefined ? directory : previousPath(staging),
  };
}
