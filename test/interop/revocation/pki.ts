import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodePem } from '../../../src/asn1/pem.ts';
import { decodeCertificate, type Certificate } from '../../../src/x509/certificate.ts';
import { fakedTimeLibrary } from '../faked-time.ts';
import { opensslEnv } from '../openssl/pki.ts';

/** A directory in which openssl makes what a matrix is run on: keys and signatures once, for all of its rows. */
export interface Workshop {
  readonly directory: string;
  path(file: string): string;
  read(file: string): Uint8Array;
  write(file: string, text: string | Uint8Array): void;
  certificate(name: string): Certificate;
  /** Run lines of shell, the first that fails ends it. */
  run(...lines: readonly string[]): void;
  close(): void;
}

/** Make the directory. */
export function workshop(): Workshop {
  const directory = mkdtempSync(join(tmpdir(), 'certkeeper-matrix-'));
  const path = (file: string): string => join(directory, file);
  const read = (file: string): Uint8Array => new Uint8Array(readFileSync(path(file)));
  return {
    directory,
    path,
    read,
    write: (file, text) => writeFileSync(path(file), text),
    certificate(name) {
      const [block] = decodePem(readFileSync(path(`${name}.crt`), 'utf8'));
      if (!block) throw new Error(`no certificate in ${name}.crt`);
      return decodeCertificate(block.der);
    },
    run(...lines) {
      const options = { cwd: directory, env: opensslEnv(), stdio: 'pipe' } as const;
      execFileSync('sh', ['-e'], { ...options, input: lines.join('\n') });
    },
    close: () => rmSync(directory, { recursive: true, force: true }),
  };
}

/** A certificate to be made. */
export interface Wanted {
  /** Of its files; its subject is CN=name unless another is said. */
  readonly name: string;
  readonly cn?: string;
  /** Without one it is self-signed. */
  readonly issuer?: string;
  readonly serial: number;
  /** In words of openssl's extensions. */
  readonly extensions: readonly string[];
  /** Sections that the extensions name. */
  readonly sections?: readonly string[];
  /** Days from now. */
  readonly from?: number;
  readonly days?: number;
  /** P-256 when absent. */
  readonly rsaBits?: number;
}

export const ofCa: readonly string[] = [
  'basicConstraints=critical,CA:TRUE',
  'keyUsage=critical,keyCertSign,cRLSign',
  'subjectKeyIdentifier=hash',
];

/** The lines that make a certificate with a key of its own, by default ten days ago for forty days. */
export function linesFor(shop: Workshop, wanted: Wanted): readonly string[] {
  const {
    sections = [],
    name,
    cn = name,
    issuer,
    serial,
    extensions,
    from = -10,
    days = 40,
    rsaBits,
  } = wanted;
  shop.write(`${name}.ext`, `${[...extensions, ...sections].join('\n')}\n`);
  const signer =
    issuer === undefined ? `-signkey ${name}.key` : `-CA ${issuer}.crt -CAkey ${issuer}.key`;
  const algorithm =
    rsaBits === undefined
      ? 'EC -pkeyopt ec_paramgen_curve:P-256'
      : `RSA -pkeyopt rsa_keygen_bits:${rsaBits}`;
  return [
    `openssl genpkey -algorithm ${algorithm} -out ${name}.key`,
    `openssl req -config /dev/null -new -key ${name}.key -subj /CN=${cn} -out ${name}.csr`,
    `${at(from)}openssl x509 -req -in ${name}.csr ${signer} -set_serial ${serial} -days ${days} -extfile ${name}.ext -out ${name}.crt`,
  ];
}

/** The words before a command that has another day than today, or a part of one. */
export function at(days: number): string {
  const seconds = days * 86_400;
  if (seconds === 0) return '';
  return `LD_PRELOAD=${fakedTimeLibrary('libfaketime.so.1')} FAKETIME=${seconds > 0 ? '+' : ''}${seconds} `;
}

/** The root, the CA below it that everything here is about, and one that calls itself the same. */
export const cas: readonly Wanted[] = [
  { name: 'root', serial: 1, extensions: ofCa },
  { name: 'sub', issuer: 'root', serial: 16, extensions: ofCa },
  { name: 'impostor', cn: 'sub', serial: 17, extensions: ofCa },
];

/** Serial number of the peer's certificate, and of another one. */
export const peerSerial = 0x1000;
export const otherSerial = 0x1001;
