import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { rawOf, toDer } from '../../../src/asn1/codec.ts';
import { fromHex, toHex } from '../../../src/base/bytes.ts';
import { PKIBody } from '../../../src/cmp/message/pki-message.ts';
import { askedIn } from '../../../src/cmp/transaction/request.ts';
import {
  decodeState,
  encodeState,
  type Phase,
  type TransactionState,
} from '../../../src/cmp/transaction/state.ts';
import { certificateDer } from '../../../src/x509/certificate.ts';
import { parseName } from '../../../src/x509/name-text.ts';
import { answerNonce } from '../answers.ts';
import { someDay } from '../../harness/certificates.ts';
import { vectorMessage } from '../vectors.ts';
import {
  awaitingCertificate,
  awaitingPkiconf,
  ca,
  certificate,
  confirming,
  delayedNonce,
  refusing,
  requested,
  stateIn,
} from './states.ts';

const notBefore = new Date('2026-06-15T12:34:56.789Z');
const everyPhase: readonly Phase[] = [
  requested,
  confirming,
  refusing,
  { type: 'refusing', value: { reason: '' } },
  { type: 'granted', value: null },
  { type: 'polled', value: awaitingCertificate },
  { type: 'polled', value: awaitingPkiconf },
  { type: 'polled', value: { from: refusing, certReqId: -1, delayedNonce } },
  { type: 'waiting', value: { awaiting: awaitingCertificate, notBefore } },
  { type: 'waiting', value: { awaiting: awaitingPkiconf, notBefore } },
  { type: 'waiting', value: { awaiting: awaitingPkiconf, notBefore, since: someDay } },
  {
    type: 'waiting',
    value: { awaiting: { from: refusing, certReqId: -1, delayedNonce }, notBefore },
  },
];

/** Decode what was encoded, without the octets decoded values remember. */
function roundTrip(state: TransactionState): TransactionState {
  return structuredClone(decodeState(encodeState(state)));
}

describe('encodeState() and decodeState()', () => {
  it.each(everyPhase.map((phase) => [phase.type, phase] as const))(
    'keep a state that is %s',
    (_, phase) => {
      expect(roundTrip(stateIn(phase))).toEqual(stateIn(phase));
    },
  );

  it.each(['ir', 'cr', 'kur', 'p10cr', 'rr', 'genm'] as const)(
    'keep what was asked for by %s [L11]',
    (operation) => {
      const { request } = stateIn(requested, operation);
      const read = roundTrip(stateIn(requested, operation)).request;
      expect(read.type).toBe(operation);
      expect(toDer(PKIBody, read)).toEqual(toDer(PKIBody, request));
    },
  );

  it('keep all that an answer adds, certificates in their own octets', () => {
    const state: TransactionState = {
      ...stateIn(requested),
      pvno: 3,
      recipNonce: answerNonce,
      peer: { type: 'directoryName', value: parseName('CN=RA,O=Test') },
      signerCerts: [certificate, ca.certificate],
    };
    const read = decodeState(encodeState(state));
    expect(structuredClone(read)).toEqual(structuredClone(state));
    expect(read.signerCerts.map((each) => toHex(certificateDer(each)))).toEqual(
      state.signerCerts.map((each) => toHex(certificateDer(each))),
    );
  });

  it('keep the template of a real request as it stands', () => {
    const { body } = vectorMessage('kur-sig-rsa.req1');
    if (body.type !== 'kur') throw new Error(body.type);
    const read = roundTrip({ ...stateIn(requested), request: body });
    expect(toDer(PKIBody, read.request)).toEqual(rawOf(body));
  });

  it('keep a moment to the millisecond, before 1970 and long after', () => {
    for (const deadline of [notBefore, new Date(-1), new Date('5000-01-01T00:00:00Z')]) {
      expect(roundTrip({ ...stateIn(requested), deadline }).deadline).toEqual(deadline);
    }
  });

  it('write the same octets again', () => {
    for (const phase of everyPhase) {
      const der = encodeState(stateIn(phase));
      expect(encodeState(decodeState(der))).toEqual(der);
    }
  });
});

describe('a state of version 1', () => {
  const lines = readFileSync(
    join(import.meta.dirname, '../../vectors/transaction-state-1/states.txt'),
    'utf8',
  );
  it.each(
    lines
      .trim()
      .split('\n')
      .map((line) => line.split(' ')),
  )('is read as it was meant: %s', (phase, hex = '') => {
    const state = decodeState(fromHex(hex));
    expect(state.phase.type).toBe(phase);
    expect(state.request.type).toBe('kur');
    expect(structuredClone(askedIn(state.request).subject)).toEqual(parseName('CN=gw1'));
    expect(state).toMatchObject({ pvno: 2, clockOffsetMs: 0, generalInfo: [] });
    // From then on it is one of this version.
    expect(encodeState(decodeState(encodeState(state)))).toEqual(encodeState(state));
  });
});

describe('decodeState()', () => {
  const der = encodeState(stateIn({ type: 'polled', value: awaitingCertificate }));
  const corrupt = expect.objectContaining({
    code: 'STORE_CORRUPT',
    message: expect.stringMatching(/^Cannot go on with a stored transaction: /),
  });

  it('refuses a state of another version', () => {
    const other = Uint8Array.from(der);
    const at = other.indexOf(0x02) + 2;
    expect(other[at]).toBe(2);
    other[at] = 3;
    expect(() => decodeState(other)).toThrow(corrupt);
  });

  it('refuses a request that is none of ours', () => {
    const other = Uint8Array.from(der);
    const at = other.indexOf(0xa0);
    // An ir becomes a krr, which nobody sends.
    other[at] = 0xa9;
    expect(() => decodeState(other)).toThrow(corrupt);
  });

  it('calls damaged octets the fault of the store, not of a peer', () => {
    for (const damaged of [new Uint8Array(), der.subarray(0, -1), Uint8Array.of(...der, 0)]) {
      expect(() => decodeState(damaged)).toThrow(corrupt);
    }
  });
});
