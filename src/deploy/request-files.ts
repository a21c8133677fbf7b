import { join } from 'node:path';
import { silentLog } from '../base/log.ts';
import { deliveryError, type Place } from './delivery-error.ts';
import { nodeDeliveryFs } from './delivery-fs.ts';
import { prepareDirectory } from './directories.ts';
import {
  ownFile,
  type Delivered,
  type DeliveryOptions,
  type OwnFile,
  type RequestDelivery,
} from './files.ts';
import { placeFiles, type PlacedFile } from './place.ts';
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
  let isShared: boolean;
  try {
    isShared = await prepareDirectory(fs, place, directory, log);
  } catch (error) {
    throw deliveryError(error, place);
  }
  const file = (part: string, text: string, mode: OwnFile['mode']): PlacedFile =>
    ownFile({ path: join(directory, `${name}.${part}.pem`), text, mode, isShared });
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
