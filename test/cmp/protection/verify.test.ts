import { describe, expect, it } from 'vitest';
import { toHex } from '../../../src/base/bytes.ts';
import { CertError, type ErrorCode } from '../../../src/base/errors.ts';
import { decodeMessage, type PKIBody } from '../../../src/cmp/message/pki-message.ts';
import { pbmAlgorithm, pbmParameterOf } from '../../../src/cmp/protection/pbm.ts';
import { verifyResponse, type Expected } from '../../../src/cmp/protection/verify.ts';
import { algorithmIdentifier } from '../../../src/x509/algorithm-identifier.ts';
import { certificateDer } from '../../../src/x509/certificate.ts';
import { issue } from '../../harness/certificates.ts';
import {
  answer,
  answerDer,
  answerNonce,
  expectedSigned,
  expectedUnderMac,
  macOfCa,
  now,
  requestNonce,
  secret,
  signedBy,
  type AnswerOptions,
} from '../answers.ts';

const root = issue({ subject: 'CN=Root,O=Test', isCa: true });
const ra = issue({ subject: 'CN=RA,O=Test', issuer: root });
const credential = signedBy(ra);
const trust = { anchors: [root.certificate], anchorsAreDedicated: true };
const signed = expectedSigned(trust);

/** An error body: rejection, or what is asked for. */
function error(pKIStatusInfo: (PKIBody & { type: 'error' })['value']['pKIStatusInfo']): PKIBody {
  return { type: 'error', value: { pKIStatusInfo } };
}

const rejection = error({ status: 'rejection', failInfo: ['badPOP'], statusString: ['no proof'] });

/** Verify an answer, expecting a refusal, and give it. */
async function refusal(options: AnswerOptions, expected = expectedUnderMac): Promise<CertError> {
  const message = await answer(options);
  try {
    verifyResponse(message, expected);
  } catch (refused) {
    if (refused instanceof CertError) return refused;
    throw refused;
  }
  throw new Error('was accepted');
}

describe('verifyResponse() accepts', () => {
  it('a MAC under the shared secret, whatever senderKID, sender and recipient are [R7][R18]', async () => {
    for (const options of [
      {},
      { without: ['senderKID'] },
      { header: { senderKID: new Uint8Array(40) } },
      { header: { sender: { type: 'dNSName', value: 'elsewhere.example' } } },
      { header: { recipient: { type: 'dNSName', value: 'elsewhere.example' } } },
    ] satisfies AnswerOptions[]) {
      const message = await answer(options);
      expect(verifyResponse(message, expectedUnderMac)).toMatchObject({ message });
      expect(verifyResponse(message, expectedUnderMac).signer).toBeUndefined();
    }
  });

  it('a signature by someone trusted, and says whose', async () => {
    const { signer } = verifyResponse(await answer({ credential }), signed);
    expect(signer && certificateDer(signer.certificate)).toEqual(certificateDer(ra.certificate));
  });

  it('generalInfo and freeText it does not know [R18]', async () => {
    const message = await answer({
      header: { generalInfo: [{ infoType: '1.2.3' }], freeText: ['hello'] },
    });
    expect(verifyResponse(message, expectedUnderMac).message).toBe(message);
  });

  it('a signed error to a request under a MAC, when its signer is trusted [R8]', async () => {
    const message = await answer({ credential, body: rejection });
    expect(verifyResponse(message, { ...signed, secret }).message.body.type).toBe('error');
  });

  it('an answer without messageTime', async () => {
    const message = await answer({ without: ['messageTime'] });
    expect(verifyResponse(message, expectedUnderMac).message).toBe(message);
  });

  it('a senderNonce over 128 bits', async () => {
    const message = await answer({
      header: { senderNonce: new Uint8Array(64) },
    });
    expect(verifyResponse(message, expectedUnderMac).message).toBe(message);
  });
});

describe('verifyResponse() refuses', () => {
  it.each<[string, AnswerOptions, ErrorCode, RegExp]>([
    [
      'an answer without protection',
      { protection: () => undefined, without: ['protectionAlg'] },
      'CMP_PROTECTION_MISSING',
      /^Cannot accept "pkiconf": it is not protected$/,
    ],
    [
      'an error without protection, quoting it as unauthenticated',
      { protection: () => undefined, without: ['protectionAlg'], body: rejection },
      'CMP_PROTECTION_MISSING',
      /it says, unauthenticated: rejection \(badPOP\): no proof$/,
    ],
    [
      'protectionAlg without protection',
      { protection: () => undefined },
      'CMP_PROTECTION_INVALID',
      /protectionAlg without protection$/,
    ],
    [
      'protection without protectionAlg',
      { without: ['protectionAlg'] },
      'CMP_PROTECTION_INVALID',
      /protection without protectionAlg$/,
    ],
    [
      'a MAC under another secret',
      { credential: { ...macOfCa, secret: Uint8Array.of(1) } },
      'CMP_PROTECTION_INVALID',
      /the MAC does not fit the shared secret$/,
    ],
    [
      'a MAC cut short',
      { protection: (mac) => mac.subarray(0, 16) },
      'CMP_PROTECTION_INVALID',
      /the MAC does not fit/,
    ],
    ['an empty MAC', { protection: () => new Uint8Array() }, 'CMP_PROTECTION_INVALID', /MAC/],
    [
      'a signed answer to a request under a MAC',
      { credential },
      'CMP_PROTECTION_INVALID',
      /signed although the request was protected by a shared secret$/,
    ],
    [
      'an iterationCount of 2^31',
      {
        header: {
          protectionAlg: pbmAlgorithm({
            ...pbmParameterOf(macOfCa.protectionAlg),
            iterationCount: 2 ** 31,
          }),
        },
      },
      'LIMIT_EXCEEDED',
      /iterationCount 2147483648/,
    ],
    [
      'another transactionID',
      { header: { transactionID: new Uint8Array(16) } },
      'CMP_TRANSACTION_ID_MISMATCH',
      /^Cannot accept "pkiconf": transactionID is 0{32}, expected (11){16}$/,
    ],
    [
      'a missing transactionID',
      { without: ['transactionID'] },
      'CMP_TRANSACTION_ID_MISMATCH',
      /transactionID is missing/,
    ],
    [
      'another recipNonce',
      { header: { recipNonce: answerNonce } },
      'CMP_NONCE_MISMATCH',
      /recipNonce is (33){16}, expected (22){16}$/,
    ],
    [
      'a missing recipNonce',
      { without: ['recipNonce'] },
      'CMP_NONCE_MISMATCH',
      /recipNonce is missing/,
    ],
    [
      'a missing senderNonce',
      { without: ['senderNonce'] },
      'CMP_NONCE_MISMATCH',
      /senderNonce is missing, expected 16 or more$/,
    ],
    [
      'a senderNonce under 128 bits',
      { header: { senderNonce: new Uint8Array(15) } },
      'CMP_NONCE_MISMATCH',
      /senderNonce is only 15 octets/,
    ],
    [
      'a messageTime a day old',
      { header: { messageTime: new Date(now.getTime() - 86_400_000) } },
      'CMP_TIME_SKEW',
      /messageTime 2026-06-14T12:00:00Z is 86400 s behind our clock, allowed are 300 s$/,
    ],
    [
      'a messageTime a day ahead',
      { header: { messageTime: new Date(now.getTime() + 86_400_000) } },
      'CMP_TIME_SKEW',
      /86400 s ahead of our clock/,
    ],
    ['pvno 9', { header: { pvno: 9 } }, 'CMP_VERSION_UNSUPPORTED', /pvno is 9, expected 2/],
    [
      'pvno 3 when the request had 2',
      { header: { pvno: 3 } },
      'CMP_VERSION_UNSUPPORTED',
      /pvno is 3, expected 2/,
    ],
    [
      'an error of another pvno, saying what it says',
      { header: { pvno: 1 }, body: rejection },
      'CMP_VERSION_UNSUPPORTED',
      /pvno is 1, expected 2; it says: rejection \(badPOP\): no proof$/,
    ],
  ])('%s', async (_, options, code, text) => {
    const refused = await refusal(options);
    expect(refused.code).toBe(code);
    expect(refused.message).toMatch(text);
  });

  it('a MAC answer to a signed request, an error too', async () => {
    for (const body of [rejection, { type: 'pkiconf', value: null } as const]) {
      const refused = await refusal({ body }, signed);
      expect(refused.code).toBe('CMP_PROTECTION_INVALID');
      expect(refused.message).toMatch(/by a shared secret although the request was signed$/);
    }
  });

  it('a signed error to a request under a MAC, when its signer is not trusted [R8]', async () => {
    expect(await refusal({ credential, body: rejection })).toMatchObject({
      code: 'CMP_SIGNER_UNTRUSTED',
    });
  });

  it.each(['dhBasedMac', 'kemBasedMac'] as const)(
    'a MAC of another kind (%s), and does not call it a signature',
    async (name) => {
      for (const body of [rejection, { type: 'pkiconf', value: null } as const]) {
        const header = { protectionAlg: algorithmIdentifier(name, 'NULL') };
        const refused = await refusal({ header, body });
        expect(refused.code).toBe('CMP_ALGORITHM_UNSUPPORTED');
        expect(refused.message).toContain(`"${name}"`);
      }
    },
  );

  it.each([
    ['under a MAC', {}, expectedUnderMac],
    ['signed', { credential }, signed],
  ] as const)('an answer with any bit flipped that is %s [R6]', async (_, options, expected) => {
    const der = await answerDer(options);
    expect(verifyResponse(decodeMessage(der), expected).message.body.type).toBe('pkiconf');
    const accepted: number[] = [];
    for (let bit = 0; bit < der.length * 8; bit++) {
      const bent = Uint8Array.from(der);
      bent[bit >> 3] = (bent[bit >> 3] ?? 0) ^ (0x80 >> (bit & 7));
      if (isAccepted(bent, expected)) accepted.push(bit >> 3);
    }
    expect(accepted).toEqual([]);
  });

  it('never says the secret', async () => {
    for (const options of [
      { credential: { ...macOfCa, secret: Uint8Array.of(1) } },
      { protection: () => undefined },
      { header: { recipNonce: answerNonce } },
    ] satisfies AnswerOptions[]) {
      const { message, hint = '', stack = '' } = await refusal(options);
      for (const text of [message, hint, stack]) {
        expect(text).not.toContain('correct horse');
        expect(text).not.toContain(toHex(secret));
      }
    }
  });
});

function isAccepted(der: Uint8Array, expected: Expected): boolean {
  try {
    verifyResponse(decodeMessage(der), expected);
    return true;
  } catch (refused) {
    if (refused instanceof CertError && refused.code !== 'INTERNAL') return false;
    throw refused;
  }
}

function at(seconds: number): AnswerOptions {
  return { header: { messageTime: new Date(now.getTime() + seconds * 1000) } };
}

describe('verifyResponse() and messageTime', () => {
  it.each([-300, 0, 300])('accepts %d seconds off under a tolerance of 300', async (seconds) => {
    const message = await answer(at(seconds));
    expect(verifyResponse(message, expectedUnderMac).message).toBe(message);
  });

  it.each([-301, 301])('refuses %d seconds off [R5]', async (seconds) => {
    expect((await refusal(at(seconds))).code).toBe('CMP_TIME_SKEW');
  });

  it('accepts anything when the check is switched off [R5]', async () => {
    const message = await answer(at(-86_400_000));
    const expected = { ...expectedUnderMac, timeToleranceSeconds: 0 };
    expect(verifyResponse(message, expected).message).toBe(message);
  });
});

describe('verifyResponse() and messageTime of a message sent again', () => {
  const expected = { ...expectedUnderMac, sentAt: new Date(now.getTime() - 7200_000) };

  it.each([-7500, -7200, -3600, 0, 300])(
    'accepts %d seconds off two hours later',
    async (seconds) => {
      const message = await answer(at(seconds));
      expect(verifyResponse(message, expected).message).toBe(message);
    },
  );

  it.each([-7501, 301])('refuses %d seconds off two hours later', async (seconds) => {
    expect((await refusal(at(seconds), expected)).code).toBe('CMP_TIME_SKEW');
  });

  it('allows no less when the clock went back since', async () => {
    const ahead = { ...expectedUnderMac, sentAt: new Date(now.getTime() + 7200_000) };
    const message = await answer(at(-300));
    expect(verifyResponse(message, ahead).message).toBe(message);
    expect((await refusal(at(-301), ahead)).code).toBe('CMP_TIME_SKEW');
  });
});

describe('verifyResponse() and pvno', () => {
  it('accepts 3 in answer to 3', async () => {
    const message = await answer({ header: { pvno: 3 } });
    expect(verifyResponse(message, { ...expectedUnderMac, pvno: 3 }).message).toBe(message);
  });

  it('accepts any in an error that says unsupportedVersion [R1]', async () => {
    const body = error({ status: 'rejection', failInfo: ['unsupportedVersion'] });
    const message = await answer({ body, header: { pvno: 1 } });
    expect(verifyResponse(message, expectedUnderMac).message).toBe(message);
  });
});

describe('verifyResponse() while polling', () => {
  const delayedNonce = new Uint8Array(16).fill(0x55);
  const polling = { ...expectedUnderMac, delayedNonce };
  const waiting = { response: [{ certReqId: 0, status: { status: 'waiting' } }] } as const;
  const rejected = { response: [{ certReqId: 0, status: { status: 'rejection' } }] } as const;
  const pollRep: PKIBody = { type: 'pollRep', value: [{ certReqId: 0, checkAfter: 1 }] };

  it.each<[string, PKIBody]>([
    ['ip', { type: 'ip', value: rejected }],
    ['cp', { type: 'cp', value: rejected }],
    ['kup', { type: 'kup', value: rejected }],
    ['pkiconf', { type: 'pkiconf', value: null }],
    ['error', rejection],
  ])(
    'lets a final %s carry the nonce of the delayed request or of the pollReq [R3]',
    async (_, body) => {
      for (const nonce of [requestNonce, delayedNonce]) {
        const message = await answer({ body, header: { recipNonce: nonce } });
        expect(verifyResponse(message, polling).message).toBe(message);
      }
      const refused = await refusal({ body, header: { recipNonce: answerNonce } }, polling);
      expect(refused.code).toBe('CMP_NONCE_MISMATCH');
    },
  );

  it.each<[string, PKIBody]>([
    ['pollRep', pollRep],
    ['ip that says waiting again', { type: 'ip', value: waiting }],
    ['error that says waiting again', error({ status: 'waiting' })],
  ])('lets a %s carry the nonce of the pollReq only [R3]', async (_, body) => {
    const message = await answer({ body, header: { recipNonce: requestNonce } });
    expect(verifyResponse(message, polling).message).toBe(message);
    const refused = await refusal({ body, header: { recipNonce: delayedNonce } }, polling);
    expect(refused.code).toBe('CMP_NONCE_MISMATCH');
  });

  it('lets an ip that says waiting carry either nonce when a whole response was polled for', async () => {
    const body = { type: 'ip', value: waiting } as const;
    const whole = { ...polling, awaitsWholeResponse: true };
    for (const nonce of [requestNonce, delayedNonce]) {
      const message = await answer({ body, header: { recipNonce: nonce } });
      expect(verifyResponse(message, whole).message).toBe(message);
    }
  });

  it('knows of no delayed nonce otherwise', async () => {
    const refused = await refusal({ body: rejection, header: { recipNonce: delayedNonce } });
    expect(refused.code).toBe('CMP_NONCE_MISMATCH');
  });
});
