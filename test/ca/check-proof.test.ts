import { describe, expect, it } from 'vitest';
import { fromDer, toDer } from '../../src/asn1/codec.ts';
import { oids } from '../../src/asn1/oids.ts';
import { checkProof } from '../../src/ca/check-proof.ts';
import type { Sender } from '../../src/ca/authenticate.ts';
import { isRefusal } from '../../src/ca/refusal.ts';
import { isRequestBody, wantedIn } from '../../src/ca/wanted.ts';
import { CertReqMsg } from '../../src/cmp/message/cert-req-msg.ts';
import type { CertTemplate } from '../../src/cmp/message/cert-template.ts';
import { POPOSigningKeyInput, type AuthInfo } from '../../src/cmp/message/proof-of-possession.ts';
import type { Credential } from '../../src/cmp/protection/credential.ts';
import { computeMac } from '../../src/cmp/protection/mac.ts';
import { softwareKeys, type SigningKey } from '../../src/crypto/keys.ts';
import { signatureAlgorithmFor } from '../../src/crypto/signature.ts';
import { algorithmIdentifier } from '../../src/x509/algorithm-identifier.ts';
import type { Certificate } from '../../src/x509/certificate.ts';
import type { Name } from '../../src/x509/name.ts';
import { parseName } from '../../src/x509/name-text.ts';
import { SubjectPublicKeyInfo } from '../../src/x509/subject-public-key-info.ts';
import { vectorMessage, vectorNames } from '../cmp/vectors.ts';
import {
  certConf,
  certificateIn,
  converse,
  deviceKey,
  gist,
  macCredential,
  request,
  statusIn,
  template,
} from './lab-client.ts';
import { openLab, secret } from './lab-under-test.ts';

const requests = vectorNames.filter((name) => isRequestBody(vectorMessage(name).body));
const whole = requests.filter((name) => !name.startsWith('ir-nosubject'));
const mac: Sender = { type: 'mac', reference: 'device-0001', secret };

function verdictOn(name: string): unknown {
  const { body } = vectorMessage(name);
  const wanted = isRequestBody(body) ? wantedIn(body) : undefined;
  return wanted && !isRefusal(wanted) && checkProof(wanted, mac, false);
}

describe('checkProof()', () => {
  it.each(whole)('verifies the proof of possession in %s of OpenSSL', (name) => {
    expect(verdictOn(name)).toBeUndefined();
  });

  it('refuses a template without subject and without poposkInput, as the server of OpenSSL does', () => {
    expect(verdictOn('ir-nosubject.req1')).toMatchObject({ failInfo: 'badPOP' });
  });

  it('finds requests of every kind among the vectors', () => {
    const kinds = new Set(requests.map((name) => vectorMessage(name).body.type));
    expect([...kinds].toSorted()).toEqual(['cr', 'ir', 'kur', 'p10cr']);
  });
});

/** A request whose proof of possession is over a POPOSigningKeyInput. */
async function requestBy(
  authInfo: AuthInfo,
  changes: { readonly template?: CertTemplate; readonly proven?: SigningKey } = {},
): Promise<CertReqMsg> {
  const key = changes.proven ?? deviceKey;
  const input = { authInfo, publicKey: fromDer(SubjectPublicKeyInfo, key.spki) };
  const { publicKey } = template();
  const algorithm = signatureAlgorithmFor(deviceKey);
  return {
    certReq: {
      certReqId: 0,
      certTemplate: changes.template ?? { ...(publicKey && { publicKey }) },
    },
    popo: {
      type: 'signature',
      value: {
        poposkInput: input,
        algorithmIdentifier: algorithm,
        signature: await deviceKey.sign(toDer(POPOSigningKeyInput, input), algorithm),
      },
    },
  };
}

function sender(value: Name): AuthInfo {
  return { type: 'sender', value: { type: 'directoryName', value } };
}

const ownMac = macCredential.type === 'mac' ? macCredential.protectionAlg : undefined;

/** A MAC over a public key, by a secret. */
function publicKeyMac(by: Uint8Array, of: SigningKey = deviceKey): AuthInfo {
  if (!ownMac) throw new Error('the credential is no MAC');
  const value = computeMac(ownMac, by, of.spki, { allowLegacy: false });
  return { type: 'publicKeyMAC', value: { algId: ownMac, value } };
}

/** Get a certificate, and give a way to send requests signed with it. */
async function updating(): Promise<{
  readonly send: (message: CertReqMsg) => Promise<string>;
  readonly certificate: Certificate;
}> {
  const lab = await openLab();
  const first = converse(lab);
  const certificate = certificateIn(await first.send({ type: 'ir', value: [await request()] }));
  await first.send(certConf(certificate));
  const credential: Credential = { type: 'signature', key: deviceKey, certificate, chain: [] };
  const send = async (message: CertReqMsg): Promise<string> =>
    gist(await converse(lab, credential).send({ type: 'kur', value: [message] }));
  return { send, certificate };
}

describe('a kur without subject', () => {
  it('is granted with a proof that names its signer', async () => {
    const { send, certificate } = await updating();
    const { subject } = certificate.tbsCertificate;
    expect(await send(await requestBy(sender(subject)))).toBe('kup accepted');
  });

  it('is refused without poposkInput', async () => {
    const { send } = await updating();
    const { publicKey } = template();
    const message = await request({ ...(publicKey && { publicKey }) });
    expect(await send(message)).toBe('kup rejection badPOP');
  });

  it('is refused with a proof in the name of somebody else', async () => {
    const { send } = await updating();
    const named = sender(parseName('CN=somebody else'));
    expect(await send(await requestBy(named))).toBe('kup rejection badPOP');
    const mailed = {
      type: 'sender',
      value: { type: 'rfc822Name', value: 'gw1@example.com' },
    } as const;
    expect(await send(await requestBy(mailed))).toBe('kup rejection badPOP');
  });

  it('is refused with a proof about another public key', async () => {
    const { send, certificate } = await updating();
    const { key: proven } = await softwareKeys.generate('p-256');
    const message = await requestBy(sender(certificate.tbsCertificate.subject), { proven });
    expect(await send(message)).toBe('kup rejection badPOP');
  });

  it('is refused with a publicKeyMAC, for a signer has a name', async () => {
    const { send } = await updating();
    expect(await send(await requestBy(publicKeyMac(secret)))).toBe('kup rejection badPOP');
  });

  it('is refused with a proof that names its signer beside a subject', async () => {
    const { send, certificate } = await updating();
    const named = sender(certificate.tbsCertificate.subject);
    const message = await requestBy(named, { template: template() });
    expect(await send(message)).toBe('kup rejection badPOP');
  });
});

/** What a new lab says to a request, and why. */
async function answerTo(message: CertReqMsg): Promise<readonly [string, string | undefined]> {
  const answer = await converse(await openLab()).send({ type: 'ir', value: [message] });
  return [gist(answer), statusIn(answer)?.statusString?.[0]];
}

describe('an ir under a MAC without subject', () => {
  it('passes the check with a publicKeyMAC by the secret, and is then refused for its subject', async () => {
    expect(await answerTo(await requestBy(publicKeyMac(secret)))).toEqual([
      'ip rejection badCertTemplate',
      'certTemplate has no subject',
    ]);
  });

  it('is refused with a publicKeyMAC by another secret, or over another key', async () => {
    const { key } = await softwareKeys.generate('p-256');
    for (const wrong of [publicKeyMac(Uint8Array.of(1)), publicKeyMac(secret, key)]) {
      const [said, text] = await answerTo(await requestBy(wrong));
      expect(said).toBe('ip rejection badPOP');
      expect(text).toContain('publicKeyMAC');
    }
  });

  it('is refused with a publicKeyMAC that is no password-based MAC', async () => {
    const algId = algorithmIdentifier('hmacWithSHA256');
    const other = { type: 'publicKeyMAC', value: { algId, value: new Uint8Array(32) } } as const;
    expect(algId.algorithm).toBe(oids.hmacWithSHA256);
    expect((await answerTo(await requestBy(other)))[0]).toBe('ip rejection badAlg');
  });

  it('is refused with a sender: a secret proves no name', async () => {
    const named = sender(parseName('CN=device-0001'));
    expect((await answerTo(await requestBy(named)))[0]).toBe('ip rejection badPOP');
  });
});
