import { describe, expect, it } from 'vitest';
import { toDer } from '../../src/asn1/codec.ts';
import { utf8 } from '../../src/base/bytes.ts';
import { compareStaple } from '../../src/deploy/staple-compare.ts';
import { placeholder } from '../../src/deploy/staple-files.ts';
import { Certificate } from '../../src/x509/certificate.ts';
import { issue } from '../harness/certificates.ts';
import { after, leaf, response, single } from '../revocation/ocsp-made.ts';

const certificate = toDer(Certificate, leaf.certificate);
const another = toDer(Certificate, issue({ subject: 'CN=other' }).certificate);
const staple = response();
const older = response({ singles: [single({ thisUpdate: after(-60) })] });
const producedBefore = response({ data: { producedAt: after(-60) } });
const newer = response({ singles: [single({ thisUpdate: after(60) })] });
const nothing: { readonly staple?: Uint8Array } = {};

describe('compareStaple()', () => {
  it.each([
    ['the same', { staple }, { staple }],
    ['none, as it should be', nothing, nothing],
    ['tryLater, which says as much as none', nothing, { staple: placeholder }],
  ])('finds nothing different in %s', (_, expected, served) => {
    expect(
      compareStaple({ certificate, ...expected }, { type: 'served', certificate, ...served }),
    ).toBeUndefined();
  });

  it.each([
    ['absent', { staple }, nothing, 'staples no OCSP response'],
    [
      'absent',
      { staple },
      { staple: placeholder },
      'staples an OCSP response that says "tryLater"',
    ],
    [
      'left',
      nothing,
      { staple },
      'staples an OCSP response of 2026-06-15T12:00:00.000Z, and is to staple none',
    ],
    [
      'older',
      { staple },
      { staple: older },
      'staples an OCSP response of 2026-06-15T11:59:00.000Z, older than that of 2026-06-15T12:00:00.000Z',
    ],
    ['older', { staple }, { staple: producedBefore }, 'staples an OCSP response of 2026'],
    ['other', { staple }, { staple: newer }, 'staples another OCSP response of 2026'],
    [
      'other',
      { staple },
      { staple: utf8('nonsense') },
      'staples another OCSP response than was published',
    ],
    ['left', nothing, { staple: utf8('nonsense') }, 'staples an OCSP response, and is to staple'],
  ] as const)('says that it is %s: %#', (type, expected, served, text) => {
    const found = compareStaple(
      { certificate, ...expected },
      { type: 'served', certificate, ...served },
    );
    expect(found).toEqual({ type, text: expect.stringContaining(text) });
  });

  it('says that the certificate is another one before it looks at staples', () => {
    const found = compareStaple(
      { certificate, staple },
      { type: 'served', certificate: another, staple },
    );
    expect(found?.type).toBe('certificate');
    expect(found?.text).toMatch(/^serves the certificate with serial [0-9a-f]+, not [0-9a-f]+$/);
  });

  it('says why nobody knows', () => {
    expect(compareStaple({ certificate }, { type: 'failed', text: 'no answer in time' })).toEqual({
      type: 'failed',
      text: 'cannot be asked: no answer in time',
    });
  });
});
