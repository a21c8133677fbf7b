import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { certificateDer } from '../../src/x509/certificate.ts';
import { someDay } from '../harness/certificates.ts';
import { root } from '../harness/paths.ts';
import { makeBench, type Bench } from './run-cli.ts';

function withRootFile(): { readonly bench: Bench; readonly file: string } {
  const bench = makeBench(someDay);
  const file = join(bench.directory, 'root.pem');
  writeFileSync(file, certificateDer(root.certificate));
  return { bench, file };
}

async function refusal(bench: Bench, line: string): Promise<string> {
  const { code, err } = await bench.run(line.split(' '));
  expect(code).toBe(3);
  return err;
}

describe('Whoever imported a root and forgot "ca"', () => {
  it('is told so where its name is given for a CA, and how to go on', async () => {
    const { bench, file } = withRootFile();
    await bench.run(['cert', 'import', 'cert-name', 'peers', 'file', file]);
    const err = await refusal(bench, `verify ${file} ca peers`);
    expect(err).toContain(
      '"peers": it is the name of a certificate, and not in the local CA store',
    );
    expect(err).toContain('cert import cert-name LABEL file FILE ca');
  });

  it('is told how to have that name free', async () => {
    const { bench, file } = withRootFile();
    await bench.run(['cert', 'import', 'cert-name', 'peers', 'file', file]);
    const err = await refusal(bench, `cert import cert-name peers file ${file} ca`);
    expect(err).toContain('certkeeper cert remove peers');
  });
});

describe('The hint after a policy, an OCSP object or a CRL that is not taken', () => {
  it('has the file in its place where a file was given for the label of a CA', async () => {
    const { bench, file } = withRootFile();
    await bench.run(['cert', 'import', 'cert-name', 'other', 'file', file, 'ca']);
    const err = await refusal(bench, `verify ${file} ca root.pem`);
    expect(err).toContain(`cert import cert-name LABEL file root.pem ca`);
  });

  it.each([
    ['crypto map P ikev2-ipv4 ca peers ocsp-cert-validator hq', 'certkeeper ocsp verify-object hq'],
    ['crypto map P ikev2-ipv4 ca peers ca-crl list ca-crl-name a', 'certkeeper ca-crl name a'],
    ['ocsp verify-object hq url http://r.example/', 'verify-others off ca-chain LABEL'],
    ['ocsp verify-object hq verify-others off', 'verify-others off ca-chain LABEL'],
    ['ca-crl name a der url http://r.example/ refresh 5s', 'certkeeper ca-crl name --help'],
  ])('says what to do: %s', async (line, hint) => {
    const { bench, file } = withRootFile();
    await bench.run(['cert', 'import', 'cert-name', 'peers', 'file', file, 'ca']);
    expect(await refusal(bench, line)).toContain(hint);
  });

  it('has the name of the policy that was probably meant to be removed', async () => {
    const { bench, file } = withRootFile();
    await bench.run(['cert', 'import', 'cert-name', 'peers', 'file', file, 'ca']);
    await bench.run('crypto map gateways ikev2-ipv4 ca peers'.split(' '));
    expect(await refusal(bench, 'no crypto map gatewys')).toContain('Did you mean "gateways"?');
  });
});
