import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';
import { systemClock } from '../../../src/agent/system-clock.ts';
import { decodePem, encodePem } from '../../../src/asn1/pem.ts';
import type { LabSettings } from '../../../src/ca/lab-settings.ts';
import type { Lab } from '../../../src/ca/lab.ts';
import type { CrlIssuer } from '../../../src/ca/ledger-records.ts';
import { decodeMessage } from '../../../src/cmp/message/pki-message.ts';
import { decodeCertificate, type Certificate } from '../../../src/x509/certificate.ts';
import { openLab, reference, secret, temporaryDirectory } from '../../ca/lab-under-test.ts';

const run = promisify(execFile);

/** A lab that serves, and an OpenSSL client beside it. */
export interface Bench {
  readonly lab: Lab;
  /** Names of the messages so far, requests and answers. */
  readonly bodies: readonly string[];
  path(name: string): string;
  openssl(...args: readonly string[]): Promise<string>;
  /** Run `openssl cmp` against the lab. @throws when it fails, with what it wrote */
  cmp(...args: readonly string[]): Promise<string>;
  /** Verify a certificate with `openssl verify`, and read it. */
  verified(name: string): Promise<Certificate>;
  /** Write the CRL of a CA as `issuing.crl` or `root.crl`, in PEM. */
  fetchCrl(issuer: CrlIssuer): Promise<string>;
}

/** Start a lab with files for OpenSSL in its directory, and a P-256 key `ee.key`. */
export async function setUp(settings: Partial<LabSettings> = {}, port = 0): Promise<Bench> {
  const directory = temporaryDirectory();
  const bodies: string[] = [];
  const lab = await openLab({
    directory,
    clock: systemClock,
    settings,
    onMessage: ({ der }) => bodies.push(decodeMessage(der).body.type),
  });
  await lab.writeFiles();
  const server = await lab.listen(port);
  onTestFinished(() => server.close());
  const openssl = async (...args: readonly string[]): Promise<string> => {
    const env = { ...process.env, OPENSSL_CONF: '/dev/null' };
    try {
      const { stdout, stderr } = await run('openssl', [...args], { cwd: directory, env });
      return stdout + stderr;
    } catch (failed) {
      // What it says about a CMP error goes to its standard output.
      const isRun = failed instanceof Error && 'stdout' in failed && 'stderr' in failed;
      const said = isRun ? `${String(failed.stdout)}${String(failed.stderr)}` : '';
      throw new Error(`openssl ${args.join(' ')} failed: ${said}`, { cause: failed });
    }
  };
  const path = (name: string): string => join(directory, name);
  await openssl(
    'genpkey',
    '-algorithm',
    'EC',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-out',
    'ee.key',
  );
  return {
    lab,
    bodies,
    path,
    openssl,
    cmp: (...args) =>
      openssl(
        'cmp',
        '-config',
        '',
        '-batch',
        '-server',
        server.url.slice('http://'.length),
        ...args,
      ),
    async verified(name) {
      const chain = ['-CAfile', 'root.pem', '-untrusted', 'issuing.pem'];
      await openssl('verify', '-x509_strict', '-purpose', 'any', ...chain, name);
      const [block] = decodePem(readFileSync(path(name), 'latin1'));
      return decodeCertificate(block?.der ?? new Uint8Array());
    },
    async fetchCrl(issuer) {
      writeFileSync(path(`${issuer}.crl`), encodePem('X509 CRL', await lab.crl(issuer)));
      return `${issuer}.crl`;
    },
  };
}

/** Options of a client that has the shared secret. */
export const mac: readonly string[] = [
  '-ref',
  reference,
  '-secret',
  `pass:${Buffer.from(secret).toString()}`,
  '-recipient',
  '/CN=x',
];
/** Options of a client that has the certificate of the vendor device. */
export const vendor: readonly string[] = [
  '-cert',
  'vendor-device.pem',
  '-key',
  'vendor-device.key',
  '-trusted',
  'root.pem',
];
/** Options for a certificate in `out.pem`. */
export const wanted: readonly string[] = [
  '-newkey',
  'ee.key',
  '-subject',
  '/O=Test/CN=gw1.example',
  '-certout',
  'out.pem',
];

/** Options of a client that has a certificate of the lab. */
export function own(certificate = 'out.pem', key = 'ee.key'): readonly string[] {
  return ['-cert', certificate, '-key', key, '-trusted', 'root.pem'];
}
