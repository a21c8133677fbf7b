import { bytesEqual } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import type { ServedStaple, StaplePublication } from '../store/staples-contract.ts';
import {
  decodeBasicOcspResponse,
  decodeOcspResponse,
  type OCSPResponseStatus,
} from '../x509/ocsp-response.ts';
import { serialOf } from './probe.ts';

/** What is different between what an endpoint serves and what it was told to. */
export interface StapleDifference {
  readonly type:
    /** Nobody knows: it cannot be asked. */
    | 'failed'
    /** It serves another certificate. */
    | 'certificate'
    /** It staples nothing, or a response that is an error. */
    | 'absent'
    /** It staples something, and is to staple nothing. */
    | 'left'
    /** It staples a response from before the one that was published. */
    | 'older'
    /** It staples another one. */
    | 'other';
  /** What it does, after the name of the place; no final period. */
  readonly text: string;
}

/**
 * Compare what an endpoint serves with what was published there. A response that is an error, such as `tryLater`, says as
 * much as none.
 *
 * @returns undefined when it is as it should be
 */
export function compareStaple(
  expected: Pick<StaplePublication, 'certificate' | 'staple'>,
  served: ServedStaple,
): StapleDifference | undefined {
  if (served.type === 'failed') return { type: 'failed', text: `cannot be asked: ${served.text}` };
  if (!bytesEqual(served.certificate, expected.certificate)) {
    const [theirs, ours] = [served.certificate, expected.certificate].map(serialOf);
    return {
      type: 'certificate',
      text: `serves the certificate with serial ${theirs}, not ${ours}`,
    };
  }
  const found = served.staple === undefined ? undefined : readStaple(served.staple);
  const isError = found !== undefined && found.status !== undefined;
  if (expected.staple === undefined) {
    return found === undefined || isError
      ? undefined
      : { type: 'left', text: `staples an OCSP response${dayOf(found)}, and is to staple none` };
  }
  if (found === undefined || isError) {
    const what = isError ? `an OCSP response that says "${found.status}"` : 'no OCSP response';
    return { type: 'absent', text: `staples ${what}` };
  }
  if (served.staple !== undefined && bytesEqual(served.staple, expected.staple)) return undefined;
  const published = readStaple(expected.staple);
  return isBefore(found, published)
    ? {
        type: 'older',
        text: `staples an OCSP response${dayOf(found)}, older than that${dayOf(published)}`,
      }
    : { type: 'other', text: `staples another OCSP response${dayOf(found)} than was published` };
}

/** What is read of a response to compare it. */
interface ReadStaple {
  /** Absent: `successful`, or unreadable. */
  readonly status?: OCSPResponseStatus;
  readonly thisUpdate?: Date;
  readonly producedAt?: Date;
}

function readStaple(der: Uint8Array): ReadStaple {
  try {
    const { responseStatus, responseBytes } = decodeOcspResponse(der);
    if (responseStatus !== 'successful' || responseBytes === undefined)
      return { status: responseStatus };
    const { tbsResponseData } = decodeBasicOcspResponse(responseBytes.response);
    const [single] = tbsResponseData.responses;
    return {
      producedAt: tbsResponseData.producedAt,
      ...(single !== undefined && { thisUpdate: single.thisUpdate }),
    };
  } catch (error) {
    // A server may staple what we cannot read.
    if (error instanceof CertError) return {};
    throw error;
  }
}

function dayOf({ thisUpdate }: ReadStaple): string {
  return thisUpdate === undefined ? '' : ` of ${thisUpdate.toISOString()}`;
}

function isBefore(one: ReadStaple, other: ReadStaple): boolean {
  const [a, b] = [one, other].map(({ thisUpdate }) => thisUpdate?.getTime());
  if (a === undefined || b === undefined) return false;
  return a !== b ? a < b : Number(one.producedAt) < Number(other.producedAt);
}
