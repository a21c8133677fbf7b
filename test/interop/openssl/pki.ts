import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodePem } from '../../../src/asn1/pem.ts';

/**
 * A small PKI made by OpenSSL: a root, the certificate of a CMP server, one of a client, and what the
 * server hands out. Its server issues nothing: whoever enrolls has to do so with `ee.key`.
 */
export interface OpensslPki {
  readonly directory: string;
  /** Path of a file: `ca.crt`, `ee.key` and so on. */
  path(file: string): string;
  /** DER of the certificate in a file. */
  der(file: string): Uint8Array;
}

interface Leaf {
  readonly name: string;
  readonly cn: string;
  readonly serialNumber: string;
  /** Another leaf's key in place of one of its own. */
  readonly key?: string;
}

const leaves: readonly Leaf[] = [
  { name: 'srv', cn: 'server', serialNumber: '0x1111111111111111' },
  { name: 'client', cn: 'client', serialNumber: '0x1222222222222222' },
  { name: 'ee', cn: 'ee', serialNumber: '0x1333333333333333' },
  { name: 'ee2', cn: 'ee', serialNumber: '0x1444444444444444' },
  // The server of OpenSSL 3.0 compares oldCertID with what it is about to hand out.
  { name: 'ee-renewed', cn: 'ee', serialNumber: '0x1333333333333333', key: 'ee2' },
  { name: 'ee-rekeyed', cn: 'ee', serialNumber: '0x1333333333333333', key: 'ee' },
];

/** Make the PKI in a directory that is there. */
export function makeOpensslPki(directory: string): OpensslPki {
  makeRoot(directory, 'ca', 'TestRoot');
  makeRoot(directory, 'stranger', 'StrangeRoot');
  for (const leaf of leaves) makeLeaf(directory, leaf);
  return {
    directory,
    path: (file) => join(directory, file),
    der(file) {
      const [block] = decodePem(readFileSync(join(directory, file), 'utf8'));
      if (!block) throw new Error(`no PEM block in ${file}`);
      return block.der;
    },
  };
}

function makeRoot(directory: string, name: string, cn: string): void {
  makeKey(directory, name);
  openssl(
    directory,
    `req -config /dev/null -x509 -new -key ${name}.key -sha256 -subj /C=DE/O=Test/CN=${cn} -days 3650 ` +
      `-out ${name}.crt -addext basicConstraints=critical,CA:TRUE ` +
      '-addext keyUsage=critical,keyCertSign,cRLSign -addext subjectKeyIdentifier=hash',
  );
}

function makeLeaf(directory: string, { name, cn, serialNumber, key = name }: Leaf): void {
  if (key === name) makeKey(directory, name);
  const extensions = [
    'basicConstraints=critical,CA:FALSE',
    'keyUsage=critical,digitalSignature',
    'subjectKeyIdentifier=hash',
    'authorityKeyIdentifier=keyid',
  ];
  writeFileSync(join(directory, `${name}.ext`), `${extensions.join('\n')}\n`);
  openssl(
    directory,
    `req -config /dev/null -new -key ${key}.key -sha256 -subj /O=Test/CN=${cn} -out ${name}.csr`,
  );
  openssl(
    directory,
    `x509 -req -in ${name}.csr -CA ca.crt -CAkey ca.key -sha256 -set_serial ${serialNumber} ` +
      `-days 825 -extfile ${name}.ext -out ${name}.crt`,
  );
}

function makeKey(directory: string, name: string): void {
  openssl(directory, `genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ${name}.key`);
}

/** Run `openssl` with the words of a line, without the machine's configuration. */
function openssl(directory: string, line: string): void {
  execFileSync('openssl', line.split(' '), { cwd: directory, stdio: 'pipe', env: opensslEnv() });
}

/** The environment of the test without what this machine configured for OpenSSL. */
export function opensslEnv(): NodeJS.ProcessEnv {
  return { ...process.env, OPENSSL_CONF: '/dev/null' };
}
