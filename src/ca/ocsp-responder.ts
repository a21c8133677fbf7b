import { readable } from '../base/readable.ts';
import { digest } from '../crypto/digest.ts';
import { decodeOcspRequest, type OCSPRequest } from '../x509/ocsp-request.ts';
import { serialText } from './grant.ts';
import type { DueOcspFault } from './ledger-records.ts';
import type { LabSettings } from './lab-settings.ts';
import { ocspDraftOf, type Answering } from './ocsp-answer.ts';
import { ocspErrorDer } from './ocsp-draft.ts';
import { ocspFaults, parseOcspFault, type OcspFault, type OcspWorkshop } from './ocsp-fault.ts';
import {
  entityTag,
  httpDate,
  isNamedIn,
  ocspAnswer,
  ocspRequestIn,
  pathIn,
  type OcspHttpAnswer,
  type OcspHttpRequest,
} from './ocsp-http.ts';
import { keptResponses, signed, type SignedResponse } from './ocsp-kept.ts';

/** What the responder was asked since the lab was opened. */
export interface OcspRequestCount {
  /** All that came, be they no OCSP requests. */
  readonly total: number;
  /** By serial number in hexadecimal; one request may be about several. */
  readonly bySerial: Readonly<Record<string, number>>;
}

/** The OCSP responder of a lab. */
export interface LabResponder {
  /**
   * Answer a request as over HTTP, without a socket. Only a failure of the ledger throws.
   *
   * @param at by the lab's clock when left out
   */
  answer(request: OcspHttpRequest, at?: Date): Promise<OcspHttpAnswer>;
  /**
   * Do something wrong from now on.
   *
   * @param fault NAME[@SERIAL][*N], as `parseOcspFault` reads it
   * @throws {CertError} USAGE_INVALID
   */
  inject(fault: string): Promise<void>;
  /** Be right again. */
  heal(): Promise<void>;
  requests(): OcspRequestCount;
}

/** What the responder stands on. */
export interface Responding extends Answering {
  readonly settings: Answering['settings'] & Pick<LabSettings, 'ocspRenewalSeconds'>;
}

/** Who asks chooses serial numbers; beyond so many they are counted together. */
const MAX_COUNTED = 100_000;

/**
 * Make the responder of a lab (RFC 6960, RFC 5019).
 *
 * @param lab gives the lab as it is now: its root may change
 */
export function labResponder(lab: () => Promise<Responding>, now: () => Date): LabResponder {
  const count = counter();
  const kept = keptResponses();

  return {
    requests: count.counted,
    async inject(fault) {
      await (await lab()).ledger.putOcspFault(parseOcspFault(fault));
    },
    async heal() {
      await (await lab()).ledger.clearOcspFaults();
    },
    async answer(http, at = now()) {
      const der = ocspRequestIn(http);
      const request = der instanceof Uint8Array ? decoded(der) : undefined;
      const serials = request ? serialsIn(request) : [];
      count.add(serials);
      if (!(der instanceof Uint8Array)) return der;
      if (!request) return ocspAnswer(ocspErrorDer('malformedRequest'));

      const parts = await lab();
      const due = await parts.ledger.takeOcspFault(serials);
      const fault = faultOf(due);
      const workshop: OcspWorkshop = {
        authorities: parts.authorities,
        now: at,
        validityMs: parts.settings.ocspValiditySeconds * 1000,
        acted: due?.acted ?? 0,
        path: pathIn(http.url),
      };
      if (fault?.where === 'status') return ocspAnswer(ocspErrorDer(fault.status));
      const right = await ocspDraftOf(request, at, parts);
      if (typeof right === 'string')
        return spoilt(ocspAnswer(ocspErrorDer(right)), fault, workshop);
      const response =
        fault?.where === 'draft'
          ? await signed(await fault.change(right, workshop))
          : await kept.signed(request, right, parts.settings.ocspRenewalSeconds);
      return spoilt(answerWith(response, http, at), fault, workshop);
    },
  };
}

function spoilt(
  answer: OcspHttpAnswer & { readonly type: 'answer' },
  fault: OcspFault | undefined,
  workshop: OcspWorkshop,
): OcspHttpAnswer {
  const isOfTheWay = fault?.where === 'HTTP' || fault?.where === 'octets';
  return isOfTheWay ? fault.exchange(answer, workshop) : answer;
}

/** Of a ledger that another certkeeper wrote, a fault may have no meaning here. */
function faultOf(due: DueOcspFault | undefined): OcspFault | undefined {
  return due && Object.hasOwn(ocspFaults, due.name) ? ocspFaults[due.name] : undefined;
}

/** RFC 5019 section 6.2: what caches on the way need, of what was asked by GET and fits every asker. */
function answerWith(
  { der, draft }: SignedResponse,
  { method, ifNoneMatch }: OcspHttpRequest,
  at: Date,
): OcspHttpAnswer & { readonly type: 'answer' } {
  const date = { date: httpDate(at) };
  const [first] = draft.responses;
  if (method !== 'GET' || draft.nonce || !first?.nextUpdate) {
    return ocspAnswer(der, { ...date, 'cache-control': 'no-cache' });
  }
  const left = Math.max(0, Math.floor((first.nextUpdate.getTime() - at.getTime()) / 1000));
  const etag = entityTag(digest('sha256', der));
  const headers = {
    ...date,
    'last-modified': httpDate(first.thisUpdate),
    expires: httpDate(first.nextUpdate),
    etag,
    'cache-control': `max-age=${left}, public, no-transform, must-revalidate`,
  };
  if (!isNamedIn(ifNoneMatch, etag)) return ocspAnswer(der, headers);
  return { type: 'answer', status: 304, headers, body: new Uint8Array() };
}

function decoded(der: Uint8Array): OCSPRequest | undefined {
  return readable(() => decodeOcspRequest(der));
}

function serialsIn({ tbsRequest }: OCSPRequest): readonly string[] {
  return tbsRequest.requestList.map(({ reqCert }) => serialText(reqCert.serialNumber));
}

function counter(): { add(serials: readonly string[]): void; counted(): OcspRequestCount } {
  let total = 0;
  const bySerial = new Map<string, number>();
  return {
    add(serials) {
      total++;
      for (const serial of serials) {
        const key = bySerial.has(serial) || bySerial.size < MAX_COUNTED ? serial : 'others';
        bySerial.set(key, (bySerial.get(key) ?? 0) + 1);
      }
    },
    counted: () => ({ total, bySerial: Object.fromEntries(bySerial) }),
  };
}
