import { join } from 'node:path';
import { toHex, utf8 } from '../base/bytes.ts';
import { digest } from '../crypto/digest.ts';
import type { StaplePublication, StapleTarget } from '../store/staples-contract.ts';

/** A file with what is to be in it. */
export interface StapleFile {
  /** Absolute. */
  readonly path: string;
  readonly octets: Uint8Array;
}

/** What is to be on the disk for a server to serve a staple, or none. */
export interface StapleFiles {
  readonly written: readonly StapleFile[];
  /** Paths of files that are to be there no more. */
  readonly removed: readonly string[];
}

/** Say what is to be on the disk for a publication. */
export function stapleFiles(
  target: StapleTarget,
  { certificate, staple, former, way }: StaplePublication,
): StapleFiles {
  switch (target.type) {
    case 'haproxy':
      return oneFile(`${target.file}.ocsp`, staple);
    case 'nginx':
      return { written: nginxFiles(target.file, staple), removed: [] };
    case 'lighttpd':
    case 'file':
      return oneFile(target.file, staple);
    case 'proftpd': {
      const { written, removed } = oneFile(cacheFile(target.directory, certificate), staple);
      // Whoever deploys the certificate has not told the server yet: it still serves the one before.
      const isLeft = former !== undefined && way === 'alone';
      return {
        written,
        removed: isLeft ? [...removed, cacheFile(target.directory, former)] : removed,
      };
    }
    case 'listener':
      return { written: [], removed: [] };
  }
}

function oneFile(path: string, octets: Uint8Array | undefined): StapleFiles {
  return octets === undefined
    ? { written: [], removed: [path] }
    : { written: [{ path, octets }], removed: [] };
}

/**
 * OCSPResponse with responseStatus tryLater: what servers staple that have none. RFC 6960 section 4.2.1.
 *
 * nginx does not start when the file of `ssl_stapling_file` is missing, empty or no OCSPResponse, and serves what is in
 * it for ever, expired or not. This one it can always read, and clients take it for none.
 */
export const placeholder: Uint8Array = new Uint8Array([0x30, 0x03, 0x0a, 0x01, 0x03]);

/** The file that a configuration of nginx includes, in place of the two directives for the staple. */
export function includePath(file: string): string {
  // Neither ".conf" nor ".der": people include all of these in a directory, outside of any server.
  return `${file}.include`;
}

/** With the directives in a file of their own, nothing is served where there is no staple. */
function nginxFiles(file: string, staple: Uint8Array | undefined): readonly StapleFile[] {
  const directives = `ssl_stapling on;\nssl_stapling_file ${inNginx(file)};\n`;
  const text =
    staple === undefined
      ? '# There is no OCSP response to be stapled at present.\n'
      : `# The OCSP response that is stapled; written anew with each.\n${directives}`;
  return [
    { path: file, octets: staple ?? placeholder },
    { path: includePath(file), octets: utf8(text) },
  ];
}

/** Quote a path as nginx reads it. */
function inNginx(path: string): string {
  return `"${path.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}

/** mod_tls_fscache has a file for each certificate, by its SHA-1 fingerprint. */
function cacheFile(directory: string, certificate: Uint8Array): string {
  return join(directory, `${toHex(digest('sha1', certificate))}.der`);
}
