import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { chainOf } from '../../src/validation/tls-peer.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import { leaf, root, sub } from '../harness/paths.ts';

/** A certificate as a connection gives it, linked to the next one that was sent. */
function linked(
  der: Uint8Array,
  next: (own: X509Certificate) => X509Certificate | undefined,
): X509Certificate {
  const certificate = new X509Certificate(der);
  Object.defineProperty(certificate, 'issuerCertificate', { get: () => next(certificate) });
  return certificate;
}

function of(certificate: X509Certificate | undefined): readonly Uint8Array[] {
  return chainOf({ getPeerX509Certificate: () => certificate });
}

describe('the chain of a connection', () => {
  const [first, second, third] = [leaf, sub, root].map(({ certificate }) =>
    certificateDer(certificate),
  );

  it('is what was sent, in its order, each certificate once, and ends at a root that is its own issuer', () => {
    const last = linked(third ?? new Uint8Array(), (own) => own);
    const again = linked(second ?? new Uint8Array(), () => last);
    const middle = linked(second ?? new Uint8Array(), () => again);
    const own = linked(first ?? new Uint8Array(), () => middle);
    expect(of(own)).toStrictEqual([first, second, third]);
  });

  it('is empty without a certificate', () => {
    expect(of(undefined)).toStrictEqual([]);
  });
});
