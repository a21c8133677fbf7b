import { CertError } from '../base/errors.ts';
import type { OcspErrorStatus } from './ocsp-answer.ts';
import type { Authorities } from './authority.ts';
import type { OcspDraft } from './ocsp-draft.ts';
import type { OcspHttpAnswer } from './ocsp-http.ts';
import { ocspDraftFaults } from './ocsp-fault-draft.ts';
import { ocspExchangeFaults } from './ocsp-fault-exchange.ts';
import { ocspSignerFaults } from './ocsp-fault-signer.ts';
import { ocspStatusFaults } from './ocsp-fault-status.ts';

/** What a fault of the responder may work with. */
export interface OcspWorkshop {
  readonly authorities: Authorities;
  readonly now: Date;
  /** How long responses are valid here. */
  readonly validityMs: number;
  /** How often the fault has acted before. */
  readonly acted: number;
  /** Where the request went. */
  readonly path: string;
}

interface FaultBase {
  /** One sentence, no final period: what the client gets to see. */
  readonly summary: string;
  /** What a client must do with it (RFC 6960, RFC 5019): not use it, or believe it. */
  readonly ends: 'refused' | 'believed';
}

/** A fault that changes what a response says, before it is signed. */
export type OcspDraftFault = FaultBase & {
  readonly where: 'draft';
  change(draft: OcspDraft, workshop: OcspWorkshop): OcspDraft | Promise<OcspDraft>;
};

/** A fault that has nobody sign anything. */
export type OcspStatusFault = FaultBase & {
  readonly where: 'status';
  readonly status: OcspErrorStatus;
};

/** A fault of the octets, or of the way they take. */
export type OcspExchangeFault = FaultBase & {
  readonly where: 'octets' | 'HTTP';
  exchange(
    answer: OcspHttpAnswer & { readonly type: 'answer' },
    workshop: OcspWorkshop,
  ): OcspHttpAnswer;
};

/** Something a responder, or whoever stands in its place, may do wrong. */
export type OcspFault = OcspDraftFault | OcspStatusFault | OcspExchangeFault;

/** Every fault of the responder by its name. */
export const ocspFaults: Readonly<Record<string, OcspFault>> = {
  ...ocspDraftFaults,
  ...ocspSignerFaults,
  ...ocspStatusFaults,
  ...ocspExchangeFaults,
};

/** A fault as it was asked for: `try-later*3`, `down`, `revoked@5f01`. */
export interface OcspFaultRequest {
  readonly name: string;
  /** Only in answers about the certificate with this serial number, in hexadecimal. */
  readonly serial?: string;
  /** Until it is switched off when absent. */
  readonly times?: number;
}

const form = /^([a-z\d-]+)(?:@([\dA-Fa-f]{1,64}))?(?:\*(\d{1,6}))?$/;

/**
 * Read NAME[@SERIAL][*N].
 *
 * @throws {CertError} USAGE_INVALID
 */
export function parseOcspFault(text: string): OcspFaultRequest {
  const [, name = '', serial, times] = form.exec(text) ?? [];
  if (!Object.hasOwn(ocspFaults, name)) {
    throw new CertError(
      'USAGE_INVALID',
      `Cannot have the responder do "${text}": there is no such fault`,
      { hint: `Write it as in try-later*3; there are ${Object.keys(ocspFaults).join(', ')}` },
    );
  }
  if (times !== undefined && Number(times) === 0) {
    throw new CertError('USAGE_INVALID', `Cannot have the responder do "${text}": 0 times`);
  }
  return {
    name,
    ...(serial !== undefined && { serial: evenDigits(serial.toLowerCase()) }),
    ...(times !== undefined && { times: Number(times) }),
  };
}

/** As `serialText` writes it: no leading zeros but the one that makes whole octets. */
function evenDigits(serial: string): string {
  const bare = serial.replace(/^0+(?=.)/, '');
  return bare.length % 2 === 0 ? bare : `0${bare}`;
}
