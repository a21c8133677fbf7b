import { bytesEqual } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import type { RevocationVerdict } from '../revocation/verdict.ts';
import { decodeCertificate } from '../x509/certificate.ts';

/**
 * What the agent has told charons of certificates that are revoked. What judging keeps of before says otherwise for as long
 * as that is good; by this it knows as soon as charon does.
 */
export interface HeardRevocations {
  /** Note what a charon, or a server, was told. @param der the response */
  note(serialNumber: bigint, verdict: RevocationVerdict, der: Uint8Array): void;
  /** Give the response about a certificate; judged again by whoever takes it for true. @param der of the certificate */
  of(der: Uint8Array | undefined): Uint8Array | undefined;
  /** Changes when one is heard of that was not. */
  version(): number;
}

/** The last ones; judging keeps what it found by itself. */
const MAX_HEARD = 64;

/** Make it. @param changed called when one is heard of that was not */
export function heardRevocations(changed: () => void): HeardRevocations {
  const heard = new Map<bigint, Uint8Array>();
  let version = 0;
  return {
    note(serialNumber, verdict, der) {
      const before = heard.get(serialNumber);
      if (verdict.type !== 'revoked') {
        // A hold that was lifted.
        heard.delete(serialNumber);
        return;
      }
      if (before && bytesEqual(before, der)) return;
      heard.set(serialNumber, der);
      const [oldest] = heard.keys();
      if (heard.size > MAX_HEARD && oldest !== undefined) heard.delete(oldest);
      if (before) return;
      version++;
      changed();
    },
    of(der) {
      const serialNumber = der && serialNumberOf(der);
      return serialNumber === undefined ? undefined : heard.get(serialNumber);
    },
    version: () => version,
  };
}

function serialNumberOf(der: Uint8Array): bigint | undefined {
  try {
    return decodeCertificate(der).tbsCertificate.serialNumber;
  } catch (error) {
    if (!(error instanceof CertError) || error.code === 'INTERNAL') throw error;
    return undefined;
  }
}
