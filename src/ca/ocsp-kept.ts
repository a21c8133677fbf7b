import { asBuffer } from '../base/bytes.ts';
import { toDer } from '../asn1/codec.ts';
import { TBSRequest, type OCSPRequest } from '../x509/ocsp-request.ts';
import { signOcspDraft, type OcspDraft } from './ocsp-draft.ts';

/** A response, and what it was made of. */
export interface SignedResponse {
  readonly der: Uint8Array;
  readonly draft: OcspDraft;
}

/** Signs responses, or gives one made before. */
export interface KeptResponses {
  /**
   * @param renewalSeconds how old a response may be that is given again; 0 signs each anew
   */
  signed(request: OCSPRequest, draft: OcspDraft, renewalSeconds: number): Promise<SignedResponse>;
}

/** Who asks chooses what is asked; of requests that are alike, so many are remembered. */
const MAX_KEPT = 10_000;

/** Keep responses as a responder does that makes them beforehand (RFC 5019 section 2.2). */
export function keptResponses(): KeptResponses {
  const kept = new Map<string, SignedResponse>();
  return {
    async signed(request, draft, renewalSeconds) {
      if (renewalSeconds === 0 || draft.nonce) return signed(draft);
      const key = asBuffer(toDer(TBSRequest, request.tbsRequest)).toString('base64');
      const before = kept.get(key);
      if (before && isGood(before.draft, draft, renewalSeconds)) return before;
      const fresh = await signed(draft);
      kept.delete(key);
      kept.set(key, fresh);
      const [oldest] = kept.size > MAX_KEPT ? kept.keys() : [];
      if (oldest !== undefined) kept.delete(oldest);
      return fresh;
    },
  };
}

/** Sign a response now. */
export async function signed(draft: OcspDraft): Promise<SignedResponse> {
  return { draft, der: await signOcspDraft(draft) };
}

/** Young enough, and nothing else is to be said by now. */
function isGood(before: OcspDraft, now: OcspDraft, renewalSeconds: number): boolean {
  const age = now.producedAt.getTime() - before.producedAt.getTime();
  return age >= 0 && age < renewalSeconds * 1000 && saidIn(before) === saidIn(now);
}

function saidIn({ responses }: OcspDraft): string {
  return JSON.stringify(responses.map(({ certStatus }) => certStatus));
}
