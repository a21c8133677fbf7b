import { CertError } from '../../src/base/errors.ts';
import type { Lab } from '../../src/ca/lab.ts';
import { ocspFaults } from '../../src/ca/ocsp-fault.ts';
import { httpDate, ocspRequestIn, type OcspHttpAnswer } from '../../src/ca/ocsp-http.ts';
import type { StaplePorts } from '../../src/lifecycle/staple-ports.ts';
import { OutOfTime } from '../../src/validation/time-limit.ts';
import { decodeOcspRequest } from '../../src/x509/ocsp-request.ts';
import { decodeBasicOcspResponse, decodeOcspResponse } from '../../src/x509/ocsp-response.ts';
import type { WorldClock } from './clock.ts';
import type { ProcessImage } from './process-image.ts';
import { Violation } from './violation.ts';

/** What the responder does beside the faults of the lab. */
export type Mood =
  | { readonly type: 'well' }
  /** A fault of the lab, of all certificates or of one. */
  | { readonly type: 'fault'; readonly name: string; readonly serial?: string }
  /** It says when it is to be asked again: after so long, or to all at one moment. */
  | { readonly type: 'later'; readonly seconds: number }
  | { readonly type: 'later at'; readonly at: Date };

/** The responder of a world, and what it was asked. */
export interface SimulatedResponder {
  mood: Mood;
  readonly asked: number;
  /** Requests of the last 24 hours about the certificate that was asked about most, at any time. */
  readonly mostADay: number;
  /** Requests by minute, in minutes since 1970. */
  readonly byMinute: ReadonlyMap<number, number>;
  /** What did not hold of what was asked. */
  readonly complaints: readonly string[];
  /** The way to it of one process. */
  connect(image: ProcessImage): StaplePorts['ask'];
}

/** Each responder is given so long. */
const TIMEOUT_MS = 10_000;

/** As many names are worked on at a time: their waiting takes the time of one. */
const AT_A_TIME = 8;

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** Down all day: 1, 2, 4, 8, 16 and 32 minutes, then each 40 to 60, and a renewal with its own first request. */
const MOST_A_DAY = 48;

/** Of the time that was left of a good response when it came, what passes at the least before it is asked for again. */
const LEAST_PART = 0.45;

interface Asked {
  readonly times: readonly number[];
  readonly failures: number;
  /** Not before then, if what came was kept. */
  readonly notBefore: number;
  readonly by: ProcessImage;
}

/** Stand in for the network between agent and the responder of a lab. */
export function simulatedResponder(lab: () => Lab, clock: WorldClock): SimulatedResponder {
  const asked = new Map<string, Asked>();
  const byMinute = new Map<number, number>();
  const complaints: string[] = [];
  let [total, mostADay] = [0, 0];

  /** Who asks is to have waited; who was killed since may have lost what he was told. */
  const begin = (serial: string, by: ProcessImage): Asked => {
    const now = clock.nowMs;
    const before = asked.get(serial) ?? { times: [], failures: 0, notBefore: 0, by };
    if (now < before.notBefore && !before.by.isDead) {
      const early = Math.round((before.notBefore - now) / 1000);
      complaints.push(
        `asked about ${serial} ${early} s too early, after ${before.failures} failures`,
      );
    }
    const times = [...before.times.filter((at) => at > now - DAY_MS), now];
    mostADay = Math.max(mostADay, times.length);
    if (times.length > MOST_A_DAY) {
      complaints.push(`asked about ${serial} ${times.length} times within a day`);
    }
    total++;
    const minute = Math.floor(now / MINUTE_MS);
    byMinute.set(minute, (byMinute.get(minute) ?? 0) + 1);
    return { ...before, times, by };
  };

  /** Nothing of use came. */
  const failed = (serial: string, so: Asked): void => {
    const failures = so.failures + 1;
    const pauseMs = Math.min(MINUTE_MS * 2 ** (failures - 1), 40 * MINUTE_MS);
    asked.set(serial, { ...so, failures, notBefore: clock.nowMs + pauseMs });
  };

  const exchange = async (
    http: Parameters<StaplePorts['ask']>[0],
    headers: Readonly<Record<string, string>>,
    mood: Mood,
  ): Promise<OcspHttpAnswer> => {
    if (mood.type === 'later') return busy(String(mood.seconds));
    if (mood.type === 'later at') return busy(httpDate(mood.at));
    return lab().responder.answer({
      ...http,
      ...(http.method === 'POST' && { contentType: 'application/ocsp-request' }),
      ...(headers['if-none-match'] !== undefined && { ifNoneMatch: headers['if-none-match'] }),
    });
  };

  return {
    mood: { type: 'well' },
    get asked() {
      return total;
    },
    get mostADay() {
      return mostADay;
    },
    byMinute,
    complaints,
    connect(image) {
      return async (http, { headers = {}, signal }) => {
        signal.throwIfAborted();
        await image.live();
        const { mood } = this;
        const serial = serialIn(http);
        const so = begin(serial, image);
        clock.advance(20);
        const answer = await exchange(http, headers, mood);
        const isSlow = answer.type === 'answer' && (answer.afterMs ?? answer.octetMs ?? 0) > 0;
        if (answer.type === 'silence' || isSlow) {
          clock.advance(TIMEOUT_MS / AT_A_TIME);
          failed(serial, so);
          await image.live();
          throw new OutOfTime();
        }
        if (answer.type === 'reset') {
          failed(serial, so);
          await image.live();
          throw new CertError('NETWORK_UNREACHABLE', 'Cannot connect: connection reset');
        }
        const isOfIt = mood.type === 'fault' && (mood.serial ?? serial) === serial;
        if (isOfIt && ocspFaults[mood.name]?.ends === 'refused') failed(serial, so);
        else if (answer.status === 200) asked.set(serial, cameWell(so, answer.body, clock.nowMs));
        else if (answer.status === 304)
          asked.set(serial, { ...so, notBefore: clock.nowMs + MINUTE_MS });
        else failed(serial, so);
        await image.live();
        return answer;
      };
    },
  };
}

function busy(retryAfter: string): OcspHttpAnswer {
  return {
    type: 'answer',
    status: 503,
    headers: { 'retry-after': retryAfter },
    body: new Uint8Array(),
  };
}

/** A response that is as good as it says has its time; what else is believed says nothing about when to ask again. */
function cameWell(so: Asked, body: Uint8Array, now: number): Asked {
  const { responseBytes } = decodeOcspResponse(body);
  const [single] = responseBytes
    ? decodeBasicOcspResponse(responseBytes.response).tbsResponseData.responses
    : [];
  const ends = single?.nextUpdate?.getTime() ?? now;
  const isGood = single?.certStatus.type === 'good';
  const pauseMs = isGood ? (ends - now) * LEAST_PART : MINUTE_MS;
  return { ...so, failures: 0, notBefore: now + Math.max(MINUTE_MS, pauseMs) };
}

function serialIn(http: Parameters<StaplePorts['ask']>[0]): string {
  const der = ocspRequestIn(http);
  if (!(der instanceof Uint8Array)) throw new Violation('what was sent is no OCSP request');
  const [only] = decodeOcspRequest(der).tbsRequest.requestList;
  return only?.reqCert.serialNumber.toString(16) ?? '';
}
