import { toHex } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import { decodeMessage, type BodyType, type PKIMessage } from '../cmp/message/pki-message.ts';
import { bodyFaults } from './fault-body.ts';
import { certificateFaults } from './fault-certificate.ts';
import {
  draftOf,
  protectDraft,
  type ApplicableBody,
  type Draft,
  type Fault,
  type Workshop,
} from './fault-draft.ts';
import { generatedKeyFaults } from './fault-generated.ts';
import { headerFaults } from './fault-header.ts';
import type { HttpFault } from './fault-exchange.ts';
import { httpFaults } from './fault-http.ts';
import { octetFaults } from './fault-octets.ts';
import { pollingFaults } from './fault-polling.ts';
import { protectionFaults } from './fault-protection.ts';
import { serviceFaults } from './fault-service.ts';
import { signerFaults } from './fault-signer.ts';

/** Every fault by its name, in the order of the list that `lab --help` refers to. */
export const faults: Readonly<Record<string, Fault>> = {
  ...headerFaults,
  ...protectionFaults,
  ...signerFaults,
  ...bodyFaults,
  ...certificateFaults,
  ...generatedKeyFaults,
  ...serviceFaults,
  ...pollingFaults,
  ...octetFaults,
  ...httpFaults,
};

/** A fault as it was asked for: `wrong-recip-nonce@pkiconf*2`. */
export interface FaultRequest {
  readonly name: string;
  readonly fault: Fault;
  /** Only in answers with this body; without it in the first the fault can do something to. */
  readonly body?: BodyType;
  readonly times: number;
}

const bodies: ReadonlySet<string> = new Set<ApplicableBody>([
  'ip',
  'cp',
  'kup',
  'pkiconf',
  'pollRep',
  'error',
  'rp',
  'genp',
]);

const form = /^([a-z\d-]+)(?:@([A-Za-z]+))?(?:\*(\d{1,6}))?$/;

/**
 * Read NAME[@BODY][*N].
 *
 * @throws {CertError} USAGE_INVALID
 */
export function parseFault(text: string): FaultRequest {
  const [, name = '', body, times] = form.exec(text) ?? [];
  const fault = Object.hasOwn(faults, name) ? faults[name] : undefined;
  if (!fault) {
    throw new CertError('USAGE_INVALID', `Cannot inject the fault "${text}": there is none`, {
      hint: `Write it as in wrong-recip-nonce@pkiconf*2; there are ${Object.keys(faults).join(', ')}`,
    });
  }
  if (body !== undefined && !isBody(body)) {
    throw new CertError(
      'USAGE_INVALID',
      `Cannot inject the fault "${text}": "${body}" is no answer`,
      { hint: `Answers are ${[...bodies].join(', ')}` },
    );
  }
  if (times === '0') {
    throw new CertError('USAGE_INVALID', `Cannot inject the fault "${text}": 0 times`);
  }
  const count = times === undefined ? (fault.times ?? 1) : Number(times);
  return { name, fault, ...(body !== undefined && { body }), times: count };
}

function isBody(text: string): text is ApplicableBody {
  return bodies.has(text);
}

/** The faults a lab has yet to commit. */
export interface FaultPlan {
  add(request: FaultRequest): void;
  /**
   * Do what is due to an answer. What the lab keeps is the right one: a repeated request gets that.
   *
   * @returns the answer as it was when nothing is due
   */
  spoil(answer: Uint8Array, request: Uint8Array, workshop: Workshop): Promise<Uint8Array>;
  /** Take the fault of the exchange that is due when this request is answered. */
  takeForExchange(request: Uint8Array): HttpFault | undefined;
}

/** Keep what was asked for, each fault as often as it was. */
export function faultPlan(): FaultPlan {
  const due: (FaultRequest & { left: number })[] = [];
  // How the transaction in hand began; a lab under test has one at a time.
  let begun:
    | { readonly id: string; readonly nonce: Uint8Array; readonly body: BodyType }
    | undefined;

  function take(isDue: (request: FaultRequest) => boolean): readonly Fault[] {
    const taken = due.filter((one) => one.left > 0 && isDue(one));
    for (const one of taken) one.left--;
    return taken.map(({ fault }) => fault);
  }

  function remember({ body }: Draft, request: Uint8Array): void {
    const asked = decoded(request)?.header;
    const id = toHex(asked?.transactionID ?? new Uint8Array());
    if (!asked?.senderNonce || begun?.id === id) return;
    begun = { id, nonce: asked.senderNonce, body: body.type };
  }

  return {
    add: (request) => void due.push({ ...request, left: request.times }),
    async spoil(answer, request, workshop) {
      if (due.every(({ left }) => left === 0)) return answer;
      const right = draftOf(answer, workshop);
      remember(right, request);
      const [requester] = decoded(request)?.extraCerts ?? [];
      let draft: Draft = {
        ...right,
        ...(requester && { requester }),
        ...(begun && { firstNonce: begun.nonce, firstBody: begun.body }),
      };
      const taken = take(
        ({ fault, body }) =>
          fault.where !== 'http' &&
          (body === undefined || body === draft.body.type) &&
          (fault.appliesTo?.(draft) ?? true),
      );
      if (taken.length === 0) return answer;
      for (const fault of taken) {
        if (fault.where === 'draft') draft = await fault.change(draft, workshop);
      }
      let der = taken.every(({ where }) => where === 'octets') ? answer : await protectDraft(draft);
      for (const fault of taken) if (fault.where === 'octets') der = fault.spoil(der);
      return der;
    },
    takeForExchange(request) {
      const answer = answerTo(request);
      return take(({ fault, body = fault.where === 'http' ? fault.body : undefined }) => {
        return fault.where === 'http' && (body === undefined || body === answer);
      }).find((fault) => fault.where === 'http');
    },
  };
}

/** What usually answers a request; undefined for what cannot even be decoded. */
function answerTo(request: Uint8Array): BodyType | undefined {
  const type = decoded(request)?.body.type;
  return type && answers[type];
}

function decoded(der: Uint8Array): PKIMessage | undefined {
  try {
    return decodeMessage(der);
  } catch (thrown) {
    if (thrown instanceof CertError) return undefined;
    throw thrown;
  }
}

const answers: Partial<Readonly<Record<BodyType, ApplicableBody>>> = {
  ir: 'ip',
  cr: 'cp',
  p10cr: 'cp',
  kur: 'kup',
  rr: 'rp',
  genm: 'genp',
  certConf: 'pkiconf',
  pollReq: 'pollRep',
  error: 'pkiconf',
};
