import { join } from 'node:path';
import { silentLog } from '../base/log.ts';
import { deliveryError, type Place } from './delivery-error.ts';
import { nodeDeliveryFs } from './delivery-fs.ts';
import { prepareDirectory } from './directories.ts';
import { ownFile, type Delivered, type DeliveryOptions, type RequestDelivery } from './files.ts';
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
  const place: Place = {
    name,
    where: directory,
    elsewhere: 'choose another place with "cmp cert-store location"',
  };
  const path = (part: string): string => join(directory, `${name}.${part}.pem`);
  const files = [
    ...(keyPem === undefined ? [] : [ownFile(path('csr-key'), keyPem, 0o600)]),
    ownFile(path('csr'), requestPem, 0o644),
  ];
  try {
    await prepareDirectory(fs, place, directory, log);
  } catch (error) {
    throw deliveryError(error, place);
  }
  // A name has no "+": this is nobody else's.
  const [staging] = await placeFiles({ fs, place, name: `${name}+csr`, files });
  return {
    directory,
    files: files.map((file) => file.path),
    previous: staging === undefined ? directory : previousPath(staging),
  };
}
