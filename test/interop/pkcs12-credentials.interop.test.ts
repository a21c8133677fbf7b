import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { toHex } from '../../src/base/bytes.ts';
import { hasPeer } from '../harness/require.ts';
import { startOperator, type Operator } from './openssl/operator.ts';
import { opensslEnv } from './openssl/pki.ts';
import { expectCertificate, initialize, useOpensslPki } from './openssl/suite.ts';

const pki = useOpensslPki();

/** Run `openssl` with the words of a line among the files of the PKI. */
function openssl(line: string): void {
  const cwd = pki().directory;
  execFileSync('openssl', line.split(' '), { cwd, stdio: 'pipe', env: opensslEnv() });
}

const password = 'pass:geheim';
const extensions = 'subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n';

function certify(name: string, issuer: string, serial: number, own: string): void {
  writeFileSync(pki().path(`${name}.ext`), `${own}\n${extensions}`);
  openssl(
    `req -config /dev/null -new -key ${name}.key -passin ${password} -subj /O=Vendor/CN=${name} -out ${name}.csr`,
  );
  openssl(
    `x509 -req -in ${name}.csr -CA ${issuer}.crt -CAkey ${issuer}.key -set_serial ${serial} -days 825 ` +
      `-extfile ${name}.ext -out ${name}.crt`,
  );
}

const kinds = ['rsa', 'ec', 'ed25519'] as const;

beforeAll(() => {
  if (!hasPeer('openssl')) return;
  const P256 = 'genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256';
  openssl(`${P256} -out sub.key`);
  openssl(`${P256} -out ec.key`);
  openssl('genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa.key');
  openssl('genpkey -algorithm ED25519 -out ed25519.key');
  const ca = 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign';
  const device = 'basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature';
  certify('sub', 'ca', 7001, ca);
  for (const [i, name] of kinds.entries()) {
    certify(name, 'sub', 7100 + i, device);
    // The root before the intermediate: not the order it has to be sent in.
    const what = `-in ${name}.crt -inkey ${name}.key -certfile chain.pem -passout ${password}`;
    execFileSync('sh', ['-c', 'cat ca.crt sub.crt > chain.pem'], { cwd: pki().directory });
    openssl(`pkcs12 -export ${what} -out ${name}.p12`);
    openssl(`pkcs12 -export -legacy ${what} -out ${name}-legacy.p12`);
  }
  openssl(`pkcs8 -topk8 -v2 aes-256-cbc -in rsa.key -passout ${password} -out rsa-pkcs8.pem`);
  openssl(`${P256} -aes256 -pass ${password} -out genpkey.key`);
  openssl(`ec -aes128 -in ec.key -passout ${password} -out ec-sec1.pem`);
});

/** A case without a key file. */
function row(name: string, file: string): [string, string, undefined] {
  return [name, file, undefined];
}

/** What is imported, beside the name and the password. */
function files(file: string, keyFile?: string): readonly string[] {
  if (keyFile === undefined) return ['file', pki().path(file)];
  const chain = ['chain-file', pki().path('chain.pem')];
  return ['file', pki().path(file), 'key-file', pki().path(keyFile), ...chain];
}

async function importing(operator: Operator, words: readonly string[]): Promise<void> {
  const path = operator.write('pass', 'geheim\n');
  const { code, err } = await operator.run(
    'cert',
    'import',
    'cert-name',
    'vendor',
    'ca-root',
    'mock',
    'password',
    `file:${path}`,
    ...words,
  );
  expect({ code, err }).toEqual({ code: 0, err: '' });
}

describe('a credential made by OpenSSL, imported and used against OpenSSL', () => {
  it.each<[string, string, string | undefined]>([
    ...kinds.map((kind) => row(`PKCS#12 with ${kind}`, `${kind}.p12`)),
    ...kinds.map((kind) => row(`old PKCS#12 with ${kind}`, `${kind}-legacy.p12`)),
    ['PEM and encrypted PKCS#8', 'rsa.crt', 'rsa-pkcs8.pem'],
    ['PEM and encrypted SEC 1', 'ec.crt', 'ec-sec1.pem'],
  ])('signs an ir out of %s, with its intermediate along [P7][P8]', async (_, file, keyFile) => {
    const operator = await startOperator(pki());
    await importing(operator, files(file, keyFile));
    const { code, err } = await operator.run(...initialize(pki(), 'signer-cert', 'vendor'));
    // An RSA key of 2048 bits is worth less than the P-256 key it asks for, and that is said (P12).
    const said = err.replace(
      /^warning: rsa-2048 \(at most 112 bits of security\) protects .*\n/,
      '',
    );
    expect({ code, err: said }).toEqual({ code: 0, err: '' });
    expect(operator.server.received()).toEqual(['IR', 'CERTCONF']);
    expect(operator.server.log()).not.toContain('PBM-based');
    await expectCertificate(operator, 'gw1', pki().der('ee.crt'));
  });

  it.each(kinds)('signs a cr with %s', async (kind) => {
    const operator = await startOperator(pki());
    await importing(operator, files(`${kind}.p12`));
    const subject = ['subject-name', 'CN=ee,O=Test', 'cert-name', 'gw1'];
    const key = ['key-file', pki().path('ee.key')];
    const { code, err } = await operator.run(
      'cmp',
      'enroll',
      'current-cert',
      'vendor',
      ...subject,
      ...key,
    );
    expect(code, err).toBe(0);
    expect(operator.server.received()).toEqual(['CR', 'CERTCONF']);
    await expectCertificate(operator, 'gw1', pki().der('ee.crt'));
  });

  it.each(kinds)('is updated by a kur with %s', async (kind) => {
    // The server compares oldCertID with what it hands out.
    const answer = ['-rsp_cert', `${kind}.crt`, '-rsp_extracerts', 'sub.crt'];
    const operator = await startOperator(pki(), { server: answer });
    await importing(operator, files(`${kind}-legacy.p12`));
    const { code, err } = await operator.run(
      'cmp',
      'update',
      'current-cert',
      'vendor',
      'key-reuse',
    );
    expect(code, err).toBe(0);
    expect(operator.server.received()).toEqual(['KUR', 'CERTCONF']);
    const current = await operator.current('vendor');
    expect(current).toMatchObject({ version: 2, source: 'cmp' });
    expect(toHex(current?.der ?? new Uint8Array())).toBe(toHex(pki().der(`${kind}.crt`)));
  });

  it('takes an encrypted key of genpkey for a new certificate', async () => {
    certify('genpkey', 'ca', 7200, 'keyUsage=critical,digitalSignature');
    const operator = await startOperator(pki(), { server: ['-rsp_cert', 'genpkey.crt'] });
    const path = operator.write('pass', 'geheim\n');
    const key = ['key-file', pki().path('genpkey.key'), 'key-password', `file:${path}`];
    const { code, err } = await operator.run(
      'cmp',
      'initialize',
      'cert-name',
      'gw1',
      'subject-name',
      'CN=genpkey,O=Vendor',
      ...key,
    );
    expect(code, err).toBe(0);
    await expectCertificate(operator, 'gw1', pki().der('genpkey.crt'));
  });
});
