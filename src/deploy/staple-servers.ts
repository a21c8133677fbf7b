import { readFile } from 'node:fs/promises';
import { decodePem } from '../asn1/pem.ts';
import { bytesEqual } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import { findDigest } from '../crypto/digest.ts';
import { isCertIdOf } from '../revocation/ocsp-cert-id.ts';
import type { StaplePublication, StapleTarget } from '../store/staples-contract.ts';
import { decodeCertificate } from '../x509/certificate.ts';
import { decodeBasicOcspResponse, decodeOcspResponse } from '../x509/ocsp-response.ts';
import { codeOf, reasonOf } from './delivery-error.ts';
import {
  commitCertificate,
  hasStaple,
  isNobodyThere,
  refused,
  stageCertificate,
  stageStaple,
  updateStaple,
} from './haproxy-runtime.ts';
import { signalledService, systemdUnit } from './service.ts';

/** A server that is to take up a staple, or to serve none any more. */
export interface StapleServer {
  /**
   * Have it do so; its files stand already, and change back when this fails.
   *
   * @param isChanged whether something was written or taken away
   * @returns whether something of the server itself changed beside that
   * @throws {CertError} DELIVERY_FAILED
   */
  take(isChanged: boolean): Promise<boolean>;
  /**
   * Say that it does not run, if that is so; its files stay.
   *
   * @throws {CertError} DELIVERY_FAILED
   */
  miss(isChanged: boolean): Promise<void>;
}

/** One that looks for itself, or is told by somebody else. */
const silent: StapleServer = { take: async () => false, miss: async () => {} };

/** Reach the server of an endpoint. */
export function serverOf(
  target: StapleTarget,
  publication: StaplePublication,
  signal?: AbortSignal,
): StapleServer {
  const { staple, way } = publication;
  if (target.type === 'haproxy') {
    if (way === 'alone') return haproxy(target, publication, signal);
    // The certificate that is staged has no staple of its own.
    return staple === undefined ? silent : staged(target, staple, signal);
  }
  if (way === 'with-certificate') return silent;
  switch (target.type) {
    case 'nginx':
    case 'lighttpd':
      return signalled(target, signal);
    case 'file':
      return target.unit === undefined ? silent : unit(target.unit, signal);
    case 'proftpd':
    case 'listener':
      return silent;
  }
}

function signalled(
  target: Extract<StapleTarget, { readonly pidFile: string }>,
  signal?: AbortSignal,
): StapleServer {
  const service = signalledService(target, signal);
  return {
    async take(isChanged) {
      if (!isChanged) return false;
      await service.check();
      if (await service.isRunning()) await service.reload();
      return false;
    },
    async miss() {
      // Telling it says what is missing: the pid file, or the process.
      if (!(await service.isRunning())) await service.reload();
    },
  };
}

function unit(name: string, signal?: AbortSignal): StapleServer {
  const service = systemdUnit({ unit: name }, signal);
  return {
    async take(isChanged) {
      if (isChanged) await service.reload();
      return false;
    },
    miss: async () => {},
  };
}

type Haproxy = Extract<StapleTarget, { readonly type: 'haproxy' }>;

function staged({ socket, file, entry = file }: Haproxy, staple: Uint8Array, signal?: AbortSignal) {
  return {
    async take(): Promise<boolean> {
      await stageStaple(socket, entry, staple, signal);
      return false;
    },
    miss: async (): Promise<void> => {},
  };
}

function haproxy(
  target: Haproxy,
  publication: StaplePublication,
  signal?: AbortSignal,
): StapleServer {
  const { staple } = publication;
  let missing: unknown;
  return {
    async take(isChanged) {
      try {
        return await (staple === undefined
          ? withdraw(target, publication, isChanged, signal)
          : push(target, publication, staple, signal));
      } catch (error) {
        if (!isNobodyThere(error)) throw error;
        missing = error;
        return false;
      }
    },
    async miss() {
      if (missing !== undefined) throw missing;
    },
  };
}

/**
 * Give a running HAProxy a staple for the certificate it has.
 *
 * @returns whether its certificate had to be committed anew
 */
async function push(
  { socket, file, entry = file }: Haproxy,
  publication: StaplePublication,
  staple: Uint8Array,
  signal?: AbortSignal,
): Promise<boolean> {
  const first = await updateStaple(socket, staple, signal);
  if (first === 'updated') return false;
  if (first !== 'no-place') throw refused(socket, `${entry}.ocsp`, first.refusal);
  await stageStaple(socket, entry, staple, signal);
  await commitCertificate(socket, entry);
  // It commits what does not fit, too, and passes it over.
  const second = await updateStaple(socket, staple, signal);
  // It looks for the octets of the CertID as OpenSSL writes it, and takes others with the certificate only.
  if (second === 'updated' || (second === 'no-place' && isOf(staple, publication))) return true;
  throw second === 'no-place'
    ? new CertError(
        'DELIVERY_FAILED',
        `Cannot put "${entry}.ocsp" into the HAProxy at "${socket}": it is of no certificate there`,
        {
          hint: 'HAProxy needs the issuer in its certificate file, and a CertID with SHA-1 in the response',
        },
      )
    : refused(socket, `${entry}.ocsp`, second.refusal);
}

/** Tell whether HAProxy takes a response with a certificate: one answer in it, by a CertID with SHA-1. */
function isOf(staple: Uint8Array, { certificate, chain: [issuer] }: StaplePublication): boolean {
  try {
    const { responseBytes } = decodeOcspResponse(staple);
    if (responseBytes === undefined || issuer === undefined) return false;
    const { responses } = decodeBasicOcspResponse(responseBytes.response).tbsResponseData;
    const [single] = responses;
    return (
      single !== undefined &&
      responses.length === 1 &&
      findDigest(single.certID.hashAlgorithm) === 'sha1' &&
      isCertIdOf(single.certID, decodeCertificate(certificate), decodeCertificate(issuer))
    );
  } catch (error) {
    if (error instanceof CertError) return false;
    throw error;
  }
}

/**
 * Take the staple away from a running HAProxy. It has no word for that, but forgets it with the certificate, when that is
 * put in its own place.
 */
async function withdraw(
  { socket, file, entry = file }: Haproxy,
  { certificate }: StaplePublication,
  isChanged: boolean,
  signal?: AbortSignal,
): Promise<boolean> {
  if (!isChanged && !(await hasStaple(socket, entry, signal))) return false;
  const pem = await readFile(file, 'utf8').catch((cause: unknown) => {
    const why = codeOf(cause) === 'ENOENT' ? `there is no "${file}"` : reasonOf(cause);
    throw cannotWithdraw(socket, why, cause);
  });
  const leaf = decodePem(pem).find(({ label }) => label === 'CERTIFICATE');
  if (leaf === undefined || !bytesEqual(leaf.der, certificate))
    throw cannotWithdraw(socket, `"${file}" holds another certificate`);
  await stageCertificate(socket, entry, pem);
  await commitCertificate(socket, entry);
  return true;
}

function cannotWithdraw(socket: string, why: string, cause?: unknown): CertError {
  return new CertError(
    'DELIVERY_FAILED',
    `Cannot take the OCSP response away from the HAProxy at "${socket}": ${why}`,
    {
      hint: 'HAProxy stops to serve it 300 s before its nextUpdate; restart it to have that now',
      ...(cause !== undefined && { cause }),
    },
  );
}
