import { describe, expect, it } from 'vitest';
import { toDer } from '../../src/asn1/codec.ts';
import { oids } from '../../src/asn1/oids.ts';
import type { CertReqMsg } from '../../src/cmp/message/cert-req-msg.ts';
import type { OptionalValidity } from '../../src/cmp/message/cert-template.ts';
import { decodeMessage, PKIMessage, type PKIBody } from '../../src/cmp/message/pki-message.ts';
import { softwareKeys } from '../../src/crypto/keys.ts';
import { algorithmIdentifier } from '../../src/x509/algorithm-identifier.ts';
import type { Extension } from '../../src/x509/extension.ts';
import { extension, rawExtension } from '../../src/x509/extension-values.ts';
import { parseName } from '../../src/x509/name-text.ts';
import { nullDn } from '../../src/x509/name.ts';
import { timeOf } from '../../src/x509/time.ts';
import {
  certConf,
  certificateIn,
  converse,
  gist,
  macCredential,
  request,
  statusIn,
  template,
  vendorCredential,
} from './lab-client.ts';
import { clockAt, openLab, reference } from './lab-under-test.ts';
import { vectorDer } from '../cmp/vectors.ts';

const ir = (...value: readonly CertReqMsg[]): PKIBody => ({ type: 'ir', value });
const sha1Signature = { algorithm: algorithmIdentifier('ecdsaWithSHA1') };

/** What certificates of others may have, and a template may not: departures from DER, and octets behind. */
const brokenExtensions: readonly (readonly [string, Extension])[] = [
  [
    'cA FALSE written out in basicConstraints',
    rawExtension('basicConstraints', Uint8Array.of(0x30, 3, 1, 1, 0)),
  ],
  ['a keyUsage with zero bits at its end', rawExtension('keyUsage', Uint8Array.of(3, 2, 0, 0x80))],
  ['an extKeyUsage without a usage', rawExtension('extKeyUsage', Uint8Array.of(0x30, 0))],
  [
    'a subjectKeyIdentifier that is none',
    rawExtension('subjectKeyIdentifier', Uint8Array.of(5, 0)),
  ],
  [
    'octets behind a subjectKeyIdentifier',
    rawExtension('subjectKeyIdentifier', Uint8Array.of(4, 1, 7, 0)),
  ],
];

/** A validity between two days. */
function between(notBefore?: string, notAfter?: string): OptionalValidity {
  return {
    ...(notBefore !== undefined && { notBefore: timeOf(new Date(notBefore)) }),
    ...(notAfter !== undefined && { notAfter: timeOf(new Date(notAfter)) }),
  };
}

describe('the lab refuses with the failInfo of RFC 9483', () => {
  it.each<[string, string, () => Promise<PKIBody>]>([
    ['two requests', 'badRequest', async () => ir(await request(), await request())],
    ['certReqId 1', 'badRequest', async () => ir(await request(template(), { certReqId: 1 }))],
    [
      'a serialNumber in the template',
      'badCertTemplate',
      async () => ir(await request(template({ serialNumber: 1n }))),
    ],
    [
      'a signingAlg in the template',
      'badCertTemplate',
      async () => ir(await request(template({ signingAlg: sha1Signature.algorithm }))),
    ],
    [
      'a version other than v3',
      'badCertTemplate',
      async () => ir(await request(template({ version: 0 }))),
    ],
    [
      'no subject, and no poposkInput for it',
      'badPOP',
      async () => ir(await request({ publicKey: template().publicKey ?? never() })),
    ],
    [
      'neither subject nor subjectAltName',
      'badCertTemplate',
      async () => ir(await request(template({ subject: nullDn }))),
    ],
    [
      'a proof of possession of a key that the lab shall make',
      'badPOP',
      async () => ir(await request({ subject: parseName('CN=gw1') })),
    ],
    [
      'a CA certificate',
      'badCertTemplate',
      async () =>
        ir(
          await request(
            template({ extensions: [extension('basicConstraints', { cA: true }, true)] }),
          ),
        ),
    ],
    [
      'a key that signs certificates',
      'badCertTemplate',
      async () =>
        ir(await request(template({ extensions: [extension('keyUsage', ['keyCertSign'], true)] }))),
    ],
    [
      'an extension twice',
      'badCertTemplate',
      async () => {
        const usage = extension('keyUsage', ['digitalSignature'], true);
        return ir(await request(template({ extensions: [usage, usage] })));
      },
    ],
    [
      'a critical extension it does not know',
      'unacceptedExtension',
      async () => {
        const unknown = rawExtension('subjectInfoAccess', Uint8Array.of(0x30, 0), true);
        return ir(await request(template({ extensions: [unknown] })));
      },
    ],
    [
      'a subjectAltName that is none',
      'badDataFormat',
      async () => {
        const broken = rawExtension('subjectAltName', Uint8Array.of(0x05, 0));
        return ir(await request(template({ extensions: [broken] })));
      },
    ],
    ...brokenExtensions.map(([what, broken]): [string, string, () => Promise<PKIBody>] => [
      what,
      'badDataFormat',
      async () => ir(await request(template({ extensions: [broken] }))),
    ]),
    [
      'a validity that is over',
      'badCertTemplate',
      async () => ir(await request(template({ validity: between(undefined, '2026-01-01') }))),
    ],
    [
      'a validity that ends before it begins',
      'badCertTemplate',
      async () => ir(await request(template({ validity: between('2026-12-02', '2026-12-01') }))),
    ],
    [
      'a validity that begins when its CA is no more',
      'badCertTemplate',
      async () => ir(await request(template({ validity: between('2090-01-01') }))),
    ],
    [
      'another issuer',
      'wrongAuthority',
      async () => ir(await request(template({ issuer: parseName('CN=Somebody Else') }))),
    ],
    [
      'an RSA key of 1024 bits',
      'badAlg',
      async () => {
        const { key } = await softwareKeys.generate('rsa-1024');
        return ir(await request(template({}, key), {}, key));
      },
    ],
    ['no proof of possession', 'badPOP', async () => ir({ certReq: (await request()).certReq })],
    [
      'a proof of possession by another key',
      'badPOP',
      async () => {
        const { key } = await softwareKeys.generate('p-256');
        return ir(await request(template(), {}, key));
      },
    ],
    [
      'a proof of possession over another request',
      'badPOP',
      async () => {
        const { popo } = await request();
        const { certReq } = await request(template({ subject: parseName('CN=admin') }));
        return ir({ certReq, popo: popo ?? never() });
      },
    ],
    [
      'raVerified',
      'notAuthorized',
      async () =>
        ir({ certReq: (await request()).certReq, popo: { type: 'raVerified', value: null } }),
    ],
    [
      'a proof of possession by a challenge',
      'badPOP',
      async () => ({
        type: 'ir',
        value: [
          {
            certReq: (await request()).certReq,
            popo: { type: 'keyEncipherment', value: { type: 'subsequentMessage', value: 1 } },
          },
        ],
      }),
    ],
    [
      'a kur under a MAC',
      'wrongIntegrity',
      async () => ({ type: 'kur', value: [await request()] }),
    ],
  ])('%s: %s', async (_, failInfo, body) => {
    const lab = await openLab();
    const sent = await body();
    const answer = await converse(lab).send(sent);
    expect(gist(answer)).toBe(`${sent.type === 'kur' ? 'kup' : 'ip'} rejection ${failInfo}`);
    expect(statusIn(answer)?.statusString?.[0]).toMatch(/\w+ \w+/);
    expect(await lab.issuedCount()).toBe(0);
  });

  it('pvno 1 and 4: unsupportedVersion, answered with the nearest version', async () => {
    const lab = await openLab();
    for (const [pvno, nearest] of [
      [1, 2],
      [4, 3],
    ] as const) {
      const answer = await converse(lab).send(ir(await request()), { pvno });
      expect(gist(answer)).toBe('error rejection unsupportedVersion');
      expect(answer.header.pvno).toBe(nearest);
    }
  });

  it('a messageTime that is off: badTime, with a tolerance that can be set', async () => {
    const clock = clockAt(new Date('2026-11-01T12:00:00Z'));
    const messageTime = new Date('2026-11-01T11:00:00Z');
    const lab = await openLab({ clock });
    const answer = await converse(lab).send(ir(await request()), { messageTime });
    expect(gist(answer)).toBe('error rejection badTime');

    const lenient = await openLab({ clock, settings: { timeToleranceSeconds: 0 } });
    expect(gist(await converse(lenient).send(ir(await request()), { messageTime }))).toBe(
      'ip accepted',
    );
  });

  it('a short senderNonce: badSenderNonce', async () => {
    const answer = await converse(await openLab()).send(ir(await request()), {
      senderNonce: new Uint8Array(8),
    });
    expect(gist(answer)).toBe('error rejection badSenderNonce');
  });

  it('an empty transactionID: badDataFormat', async () => {
    const answer = await converse(await openLab()).send(ir(await request()), {
      transactionID: new Uint8Array(),
    });
    expect(gist(answer)).toBe('error rejection badDataFormat');
  });

  it('octets that are no PKIMessage: badDataFormat, signed by the RA', async () => {
    const lab = await openLab();
    const answer = decodeMessage(await lab.handle(Uint8Array.of(0x30, 0x03, 0x02, 0x01, 0x02)));
    expect(gist(answer)).toBe('error rejection badDataFormat');
    expect(answer.header.protectionAlg?.algorithm).toBe(oids.ecdsaWithSHA256);
  });

  it('a wrong secret and an unknown reference alike: badMessageCheck', async () => {
    const lab = await openLab();
    const texts = [];
    for (const change of [{ secret: Uint8Array.of(1) }, { reference: 'nobody' }]) {
      const answer = await converse(lab, { ...macCredential, ...change }).send(ir(await request()));
      expect(gist(answer)).toBe('error rejection badMessageCheck');
      texts.push(statusIn(answer)?.statusString?.[0]);
    }
    expect(texts[0]).toBe(texts[1]);
  });

  it('a message altered on its way: badMessageCheck', async () => {
    const lab = await openLab();
    const honest = converse(await openLab(), macCredential);
    await honest.send(ir(await request(template({ subject: parseName('CN=gw1') }))));
    const altered = Buffer.from(honest.sent);
    altered.write('gw2', altered.indexOf('gw1'));
    const answer = await converse(lab).sendDer(Uint8Array.from(altered));
    expect(gist(answer)).toBe('error rejection badMessageCheck');
  });

  it('an unprotected message: badMessageCheck', async () => {
    const lab = await openLab();
    const { header, body } = decodeMessage(vectorDer('ir-pbm.req1'));
    const { protectionAlg: _, ...open } = header;
    const answer = decodeMessage(await lab.handle(toDer(PKIMessage, { header: open, body })));
    expect(gist(answer)).toBe('error rejection badMessageCheck');
  });

  it('a signer from elsewhere: signerNotTrusted', async () => {
    const other = await openLab();
    const answer = await converse(await openLab(), vendorCredential(other)).send(
      ir(await request()),
    );
    expect(gist(answer)).toBe('error rejection signerNotTrusted');
  });

  it('a transactionID in use: transactionIdInUse, and the transaction goes on', async () => {
    const lab = await openLab({ settings: { implicitConfirm: false } });
    const client = converse(lab);
    const answer = await client.send(ir(await request()));
    const transactionID = answer.header.transactionID ?? never();
    const intruder = await converse(lab).send(ir(await request()), { transactionID });
    expect(gist(intruder)).toBe('error rejection transactionIdInUse');
    expect(gist(await client.send(certConf(certificateIn(answer))))).toBe('pkiconf');
    expect(await lab.issuedCount()).toBe(1);
  });

  it('a follow-up that begins nothing: badRequest', async () => {
    const lab = await openLab();
    const answer = await converse(lab).send({ type: 'pollReq', value: [{ certReqId: 0 }] });
    expect(gist(answer)).toBe('error rejection badRequest');
    expect(gist(await converse(lab).send({ type: 'pkiconf', value: null }))).toBe(
      'error rejection badRequest',
    );
  });

  it('a follow-up with a wrong recipNonce: badRecipientNonce, and the right one still works', async () => {
    const lab = await openLab();
    const client = converse(lab);
    const certificate = certificateIn(await client.send(ir(await request())));
    const right = decodeMessage(client.received).header.senderNonce ?? never();
    const wrong = await client.send(certConf(certificate), { recipNonce: new Uint8Array(16) });
    expect(gist(wrong)).toBe('error rejection badRecipientNonce');
    expect(gist(await client.send(certConf(certificate), { recipNonce: right }))).toBe('pkiconf');
  });

  it('a follow-up with other protection, or from somebody else: wrongIntegrity, notAuthorized', async () => {
    const lab = await openLab({
      secrets: new Map([
        [reference, macCredential.type === 'mac' ? macCredential.secret : new Uint8Array()],
        ['other', Uint8Array.of(7)],
      ]),
    });
    const first = await converse(lab).send(ir(await request()));
    const header = {
      transactionID: first.header.transactionID ?? never(),
      recipNonce: first.header.senderNonce ?? never(),
    };
    const body = certConf(certificateIn(first));
    const signed = await converse(lab, vendorCredential(lab)).send(body, header);
    expect(gist(signed)).toBe('error rejection wrongIntegrity');
    const other = { ...macCredential, reference: 'other', secret: Uint8Array.of(7) };
    const foreign = await converse(lab, other).send(body, header);
    expect(gist(foreign)).toBe('error rejection notAuthorized');
  });
});

function never(): never {
  throw new Error('the test has a hole');
}
