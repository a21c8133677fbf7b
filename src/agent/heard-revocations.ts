import { bytesEqual, toHex } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import { digest } from '../crypto/digest.ts';
import type { AlgorithmPolicy } from '../crypto/policy.ts';
import { issuedBy } from '../revocation/ocsp-chain.ts';
import type { RevocationVerdict } from '../revocation/verdict.ts';
import { certificateDer, decodeCertificate, type Certificate } from '../x509/certificate.ts';

/**
 * What the agent has told charons of certificates that are revoked. What judging keeps of before says otherwise for as long
 * as that is good; by this it knows as soon as charon does.
 */
export interface HeardRevocations {
  /**
   * Note what a charon, or a server, was told.
   *
   * @param issuer whose number it is: other CAs give the same numbers, also such of the same name
   * @param der the response
   */
  note(
    issuer: Certificate,
    serialNumber: bigint,
    verdict: RevocationVerdict,
    der: Uint8Array,
  ): void;
  /** Give the response about a certificate; judged again by whoever takes it for true. @param der of the certificate */
  of(der: Uint8Array | undefined): Uint8Array | undefined;
  /** Changes when one is heard of that was not. */
  version(): number;
}

/** The last ones; judging keeps what it found by itself. */
const MAX_HEARD = 64;

/** Make it. @param changed called when one is heard of that was not */
export function heardRevocations(changed: () => void): HeardRevocations {
  const heard = new Map<string, Heard>();
  let version = 0;
  return {
    note(issuer, serialNumber, verdict, der) {
      const key = `${toHex(digest('sha256', certificateDer(issuer)))} ${serialNumber}`;
      const before = heard.get(key);
      if (verdict.type !== 'revoked') {
        // A hold that was lifted.
        heard.delete(key);
        return;
      }
      if (before && bytesEqual(before.der, der)) return;
      heard.set(key, { issuer, serialNumber, der });
      const [oldest] = heard.keys();
      if (heard.size > MAX_HEARD && oldest !== undefined) heard.delete(oldest);
      if (before) return;
      version++;
      changed();
    },
    of(der) {
      const certificate = der && readOrNone(der);
      if (certificate === undefined) return undefined;
      const { serialNumber } = certificate.tbsCertificate;
      return [...heard.values()].find(
        (each) =>
          each.serialNumber === serialNumber &&
          issuedBy(certificate, each.issuer, { policy, left: 1 }),
      )?.der;
    },
    version: () => version,
  };
}

interface Heard {
  readonly issuer: Certificate;
  readonly serialNumber: bigint;
  /** Of the response. */
  readonly der: Uint8Array;
}

/** Only whose it is counts: whether such an algorithm is good enough is for validation to say. */
const policy: AlgorithmPolicy = { allowLegacy: true };

function readOrNone(der: Uint8Array): Certificate | undefined {
  try {
    return decodeCertificate(der);
  } catch (error) {
    if (!(error instanceof CertError) || error.code === 'INTERNAL') throw error;
    return undefined;
  }
}
