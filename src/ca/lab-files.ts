import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { concatBytes, toHex, utf8 } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import { isLabel } from '../base/label.ts';
import { encodePem } from '../asn1/pem.ts';
import { writePrivateFile } from '../store/private-files.ts';
import type { AuthorityRecord, AuthorityRole } from './authority.ts';

/** What a lab puts into its directory for clients; absolute if the directory was. */
export interface LabFiles {
  readonly root: string;
  readonly issuing: string;
  readonly ra: string;
  /** 0600; whoever signs with it revokes for others. */
  readonly raKey: string;
  readonly vendorRoot: string;
  readonly deviceCertificate: string;
  /** Of a lab with a new root: the root before, and the certificates between the two. */
  readonly links: readonly string[];
  /** 0600. */
  readonly deviceKey: string;
  /** By reference value; each file, 0600, holds the secret and nothing else. */
  readonly secrets: ReadonlyMap<string, string>;
}

/**
 * Write certificates, the vendor device's key and the secrets where a client can be pointed at them.
 *
 * @throws {CertError} FILE_UNWRITABLE
 */
export function writeLabFiles(
  directory: string,
  authorities: readonly AuthorityRecord[],
  secrets: ReadonlyMap<string, Uint8Array>,
): LabFiles {
  const find = (role: AuthorityRole): AuthorityRecord => {
    const found = authorities.find((one) => one.role === role);
    if (!found) throw new CertError('INTERNAL', `Cannot find the ${role} of the lab`);
    return found;
  };
  const certificate = (role: AuthorityRole): string => {
    const path = join(directory, `${role}.pem`);
    const pem = encodePem('CERTIFICATE', find(role).certificate);
    replace(path, (unfinished) => writeFileSync(unfinished, pem));
    return path;
  };
  const key = (role: AuthorityRole): string =>
    writeSecret(join(directory, `${role}.key`), utf8(encodePem('PRIVATE KEY', find(role).pkcs8)));
  const folder = join(directory, 'secrets');
  attempt(folder, () => mkdirSync(folder, { recursive: true, mode: 0o700 }));
  return {
    root: certificate('root'),
    issuing: certificate('issuing'),
    ra: certificate('ra'),
    raKey: key('ra'),
    vendorRoot: certificate('vendor-root'),
    deviceCertificate: certificate('vendor-device'),
    deviceKey: key('vendor-device'),
    links: linkRoles
      .filter((role) => authorities.some((one) => one.role === role))
      .map(certificate),
    secrets: new Map(
      [...secrets].map(([reference, octets]) => [
        reference,
        // The newline is what `file:` takes off again, whatever the secret ends in.
        writeSecret(join(folder, fileNameOf(reference)), concatBytes(octets, utf8('\n'))),
      ]),
    ),
  };
}

const linkRoles: readonly AuthorityRole[] = ['previous-root', 'new-with-old', 'old-with-new'];

/** A reference is any text; as a file name it is itself only if it cannot lead elsewhere. */
function fileNameOf(reference: string): string {
  return isLabel(reference) ? reference : `hex-${toHex(utf8(reference)).slice(0, 200)}`;
}

function writeSecret(path: string, octets: Uint8Array): string {
  replace(path, (unfinished) => writePrivateFile(unfinished, octets));
  return path;
}

function replace(path: string, write: (unfinished: string) => void): void {
  attempt(path, () => {
    const unfinished = `${path}.new`;
    rmSync(unfinished, { force: true });
    write(unfinished);
    renameSync(unfinished, path);
  });
}

function attempt(path: string, work: () => void): void {
  try {
    work();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CertError('FILE_UNWRITABLE', `Cannot write "${path}": ${why}`, { cause });
  }
}
