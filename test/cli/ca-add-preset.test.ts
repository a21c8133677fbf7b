import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { presets } from '../../src/settings/presets.ts';
import type { PresetName } from '../../src/settings/ca-profile.ts';
import { makeBench, type Bench } from './run-cli.ts';
import { encodePem } from '../../src/asn1/pem.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import { issue } from '../harness/certificates.ts';

const names = [
  'rfc9483',
  'interoperable',
  'ejbca',
  'openssl-mock',
  '3gpp',
] as const satisfies readonly PresetName[];

function rootFile({ directory }: Bench): string {
  const { certificate } = issue({ subject: 'CN=Root', isCa: true });
  const path = join(directory, 'root.pem');
  writeFileSync(path, encodePem('CERTIFICATE', certificateDer(certificate)));
  return path;
}

function add(bench: Bench, ...more: readonly string[]) {
  const words = ['ca', 'add', 'mock', 'url', 'http://127.0.0.1:9/', 'root', rootFile(bench)];
  return bench.run([...words, ...more]);
}

/** Check what `ca show` has for programs. */
async function expectShown(bench: Bench, values: object): Promise<void> {
  const { code, out } = await bench.run(['--json', 'ca', 'show', 'mock']);
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ ca: values });
}

describe('"ca add"', () => {
  it.each(names)('with preset %s shows the values of its row', async (preset) => {
    const bench = makeBench();
    expect(await add(bench, 'preset', preset)).toMatchObject({ code: 0, err: '' });
    await expectShown(bench, { preset, ...presets[preset].behaviour });
  });

  it('goes by RFC 9483 when no preset is named', async () => {
    const bench = makeBench();
    expect((await add(bench)).code).toBe(0);
    await expectShown(bench, { preset: 'rfc9483', ...presets.rfc9483.behaviour });
  });

  it('takes the words of the operator before those of the preset', async () => {
    const bench = makeBench();
    const words =
      'preset ejbca signed-answers no unprotected-errors no ignore-key-usage no lenient-error-nonces no ' +
      'pvno 3 protection pbmac1 pbm-owf sha512 pbm-mac hmac-sha512 pbm-iterations 20000 rsa-signature pss ' +
      'mac-sender null-dn update-extensions keep implicit-confirm no time-tolerance 1m deadline 1h ' +
      'min-poll 7s connect-timeout 3s response-timeout 4s legacy-algorithms trust-capubs';
    expect(await add(bench, ...words.split(' '))).toMatchObject({ code: 0, err: '' });
    await expectShown(bench, {
      preset: 'ejbca',
      signedAnswers: false,
      unprotectedErrors: false,
      ignoreKeyUsage: false,
      lenientErrorNonces: false,
      pvno: 3,
      protection: 'pbmac1',
      pbm: { owf: 'sha512', mac: 'hmac-sha512', iterationCount: 20_000 },
      rsaSignature: 'pss',
      macSender: 'null-dn',
      updateExtensions: 'keep',
      implicitConfirm: false,
      timeToleranceSeconds: 60,
      transactionDeadlineSeconds: 3600,
      minPollSeconds: 7,
      connectTimeoutSeconds: 3,
      responseTimeoutSeconds: 4,
      allowLegacyAlgorithms: true,
      trustCapubs: true,
      trustFirstUse: false,
    });
  });

  it('keeps the rest of the preset when one of its values is said otherwise', async () => {
    const bench = makeBench();
    expect((await add(bench, 'preset', 'ejbca', 'unprotected-errors', 'no')).code).toBe(0);
    await expectShown(bench, {
      ...presets.ejbca.behaviour,
      unprotectedErrors: false,
    });
  });

  it('needs a root but with trust-first-use, and takes that only with preset 3gpp [C7]', async () => {
    const bench = makeBench();
    const words = ['ca', 'add', 'mock', 'url', 'http://127.0.0.1:9/'];
    expect(await bench.run(words)).toMatchObject({ code: 2 });
    expect(await bench.run([...words, 'preset', '3gpp'])).toMatchObject({ code: 2 });
    const anywhere = await bench.run([...words, 'trust-first-use']);
    expect(anywhere).toMatchObject({ code: 2 });
    expect(anywhere.err).toContain('without preset 3gpp');
    const first = await bench.run([...words, 'preset', '3gpp', 'trust-first-use']);
    expect(first).toMatchObject({ code: 0, err: '' });
    await expectShown(bench, { preset: '3gpp', trustFirstUse: true, roots: [] });
  });
});
