import { describe, expect, it } from 'vitest';
import { certificateFields, viewJson } from '../../src/cli/certificate-fields.ts';
import { viewCertificate } from '../../src/cli/certificate-view.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import { extension } from '../../src/x509/extension-values.ts';
import { issue } from '../harness/certificates.ts';
import { der } from './bench-with-ca.ts';
import { extensionsPem } from './certificates-with-extensions.ts';

const plain = (text: string): string => text;
const style = { bold: plain, good: plain, warn: plain, bad: plain, dim: plain };

describe('certificateFields()', () => {
  const view = viewCertificate(der(extensionsPem));
  const fields = (changes: Partial<typeof view>) =>
    certificateFields({ ...view, ...changes }, new Date(0), style);

  it('shows of a name of two megabytes its beginning, and how much is left; JSON has it whole', () => {
    const long = `dns:${'a'.repeat(2_000_000)}`;
    const sans = fields({ subjectAltNames: [long], subject: long, crl: [long], policies: [long] });
    expect(JSON.stringify(sans).length).toBeLessThan(10_000);
    const shown = `dns:${'a'.repeat(1020)}… (1998980 more)`;
    expect(sans).toEqual(
      expect.arrayContaining([
        ['san', shown],
        ['subject', shown],
        ['CRL at', shown],
        ['policies', shown],
      ]),
    );
    expect(viewJson({ ...view, subjectAltNames: [long] })).toHaveProperty('subjectAltNames', [
      long,
    ]);
  });

  it('shows what a certificate promises to TLS clients, in words where there are any', () => {
    const { certificate } = issue({
      subject: 'CN=web1',
      extensions: [extension('tlsFeature', [5, 17, 43])],
    });
    const promised = viewCertificate(certificateDer(certificate));
    expect(certificateFields(promised, new Date(0), style)).toContainEqual([
      'TLS features',
      'status_request, status_request_v2, 43',
    ]);
    expect(fields({})).toContainEqual(['TLS features', undefined]);
  });

  it('shows of very many names the first, and how many are left', () => {
    const names = Array.from({ length: 5000 }, (_, n) => `dns:host${n}.example`);
    const sans = fields({ subjectAltNames: names }).filter(([name]) => name === 'san');
    expect(sans).toHaveLength(101);
    expect(sans.at(99)).toEqual(['san', 'dns:host99.example']);
    expect(sans.at(100)).toEqual(['san', '… (4900 more; --json has all)']);
    expect(fields({ subjectAltNames: names.slice(0, 100) }).at(100)).toEqual([
      'san',
      'dns:host99.example',
    ]);
  });
});
