import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodePem } from '../../src/asn1/pem.ts';
import { opensslEnv } from './openssl/pki.ts';

/** A certificate of the CA of openssl. */
export interface StapledCertificate {
  /** Hexadecimal, upper case. */
  readonly serial: string;
  readonly der: Uint8Array;
  readonly certificatePem: string;
  readonly keyPem: string;
}

/** A CA made by openssl that answers for what it has issued. */
export interface StapleAuthority {
  readonly caPem: string;
  readonly caDer: Uint8Array;
  /** @param feature `must-staple`: clients are to refuse it without a staple, RFC 7633 */
  issue(commonName: string, feature?: 'must-staple'): StapledCertificate;
  /** Have `openssl ocsp` make a response: good for so many minutes. */
  respond(
    certificate: StapledCertificate,
    options?: { readonly minutes?: number; readonly digest?: 'sha1' | 'sha256' },
  ): Uint8Array;
}

/** Make the CA in a new directory below one that is there. */
export function makeStapleAuthority(above: string): StapleAuthority {
  const directory = join(above, 'ca');
  mkdirSync(directory);
  const openssl = (line: string): void => {
    execFileSync('openssl', line.split(' '), { cwd: directory, stdio: 'pipe', env: opensslEnv() });
  };
  const text = (file: string): string => readFileSync(join(directory, file), 'utf8');
  const der = (file: string): Uint8Array => {
    const [block] = decodePem(text(file));
    if (!block) throw new Error(`no PEM block in ${file}`);
    return block.der;
  };
  const key = (file: string): void =>
    openssl(`genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ${file}`);
  key('ca.key');
  openssl(
    'req -config /dev/null -x509 -new -key ca.key -subj /CN=ca -days 30 -out ca.crt ' +
      '-addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign',
  );
  writeFileSync(join(directory, 'index.txt.attr'), 'unique_subject = no\n');
  let last = 0x1000;
  return {
    caPem: text('ca.crt'),
    caDer: der('ca.crt'),
    issue(commonName, feature) {
      const serial = (last++).toString(16).toUpperCase();
      key(`${serial}.key`);
      writeFileSync(
        join(directory, `${serial}.ext`),
        `keyUsage=digitalSignature\nsubjectAltName=DNS:${commonName}.test\n${feature === undefined ? '' : 'tlsfeature=status_request\n'}`,
      );
      openssl(
        `req -config /dev/null -new -key ${serial}.key -subj /CN=${commonName} -out ${serial}.csr`,
      );
      openssl(
        `x509 -req -in ${serial}.csr -CA ca.crt -CAkey ca.key -set_serial 0x${serial} -days 30 -extfile ${serial}.ext -out ${serial}.crt`,
      );
      appendFileSync(
        join(directory, 'index.txt'),
        `V\t300101000000Z\t\t${serial}\tunknown\t/CN=${commonName}\n`,
      );
      return {
        serial,
        der: der(`${serial}.crt`),
        certificatePem: text(`${serial}.crt`),
        keyPem: text(`${serial}.key`),
      };
    },
    respond({ serial }, { minutes = 60, digest = 'sha1' } = {}) {
      openssl(`ocsp -${digest} -no_nonce -issuer ca.crt -serial 0x${serial} -reqout req.der`);
      openssl(
        `ocsp -index index.txt -CA ca.crt -rsigner ca.crt -rkey ca.key -reqin req.der -respout resp.der -nmin ${minutes}`,
      );
      return new Uint8Array(readFileSync(join(directory, 'resp.der')));
    },
  };
}
