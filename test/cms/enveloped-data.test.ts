import { describe, expect, it } from 'vitest';
import { CertError } from '../../src/base/errors.ts';
import { utf8 } from '../../src/base/bytes.ts';
import { fromDer, toDer } from '../../src/asn1/codec.ts';
import { oids } from '../../src/asn1/oids.ts';
import { buildEnvelopedData, type Addressee } from '../../src/cms/build-enveloped-data.ts';
import { EnvelopedData } from '../../src/cms/enveloped-data.ts';
import { openEnvelopedData, type Recipient } from '../../src/cms/open-enveloped-data.ts';
import type { RecipientInfo } from '../../src/cms/recipient-info.ts';
import { softwareKeys } from '../../src/crypto/keys.ts';
import { pbkdf2Algorithm } from '../../src/crypto/pbkdf2.ts';
import { algorithmIdentifier } from '../../src/x509/algorithm-identifier.ts';
import { seeded } from '../harness/seeded.ts';
import { holder } from './holders.ts';

const content = utf8('what only the recipient shall read');
const random = seeded(7);
const secret = utf8('sesame');
const rsa = holder('CN=rsa', { rsaBits: 2048, keyIdentifier: utf8('rsa key') });
const ec = holder('CN=ec', { keyIdentifier: utf8('ec key') });
const unnamed = holder('CN=no key identifier');

async function addressee(type: Addressee['type'], to = ec): Promise<Addressee> {
  switch (type) {
    case 'key-transport':
      return { type, certificate: rsa.certificate };
    case 'key-agreement': {
      const { key: ephemeral } = await softwareKeys.generate('p-256');
      return { type, certificate: to.certificate, ephemeral };
    }
    case 'password':
      return { type, secret, iterationCount: 1000, wrap: 'aes-wrap' };
  }
}

const recipients: Readonly<Record<Addressee['type'], Recipient>> = {
  'key-transport': { type: 'certificate', ...rsa },
  'key-agreement': { type: 'certificate', ...ec },
  password: { type: 'secret', secret },
};
const types = ['key-transport', 'key-agreement', 'password'] as const;

async function enveloped(type: Addressee['type'], to = ec): Promise<EnvelopedData> {
  const toEnvelop = { contentType: oids.signedData, content, addressee: await addressee(type, to) };
  const built = await buildEnvelopedData(toEnvelop, random);
  return fromDer(EnvelopedData, toDer(EnvelopedData, built));
}

async function failure(opening: Promise<unknown>): Promise<string> {
  const error: unknown = await opening.then(
    () => 'opened',
    (cause: unknown) => cause,
  );
  if (!(error instanceof CertError)) return `not a CertError: ${String(error)}`;
  return `${error.code}: ${error.message}`;
}

/** Change the one recipient of an EnvelopedData. */
function withRecipient(data: EnvelopedData, change: (one: RecipientInfo) => RecipientInfo) {
  return { ...data, recipientInfos: data.recipientInfos.map(change) };
}

describe('openEnvelopedData()', () => {
  it.each(types)('opens what was encrypted by %s [C17]', async (type) => {
    const opened = await openEnvelopedData(await enveloped(type), recipients[type]);
    expect(opened).toEqual({ contentType: oids.signedData, content });
  });

  it('knows a recipient by issuer and number where the certificate has no key identifier', async () => {
    const data = await enveloped('key-agreement', unnamed);
    const opened = await openEnvelopedData(data, { type: 'certificate', ...unnamed });
    expect(opened.content).toEqual(content);
  });

  it.each([
    ['key-transport', holder('CN=other', { rsaBits: 2048, keyIdentifier: utf8('other') })],
    ['key-agreement', holder('CN=other', { keyIdentifier: utf8('other') })],
    ['key-agreement', unnamed],
  ] as const)('refuses by rid what is for somebody else by %s [C17]', async (type, other) => {
    const opening = openEnvelopedData(await enveloped(type), { type: 'certificate', ...other });
    expect(await failure(opening)).toMatch(/^CMP_RESPONSE_INVALID: .* expected a recipient with/);
  });

  it.each([
    ['key-transport', rsa, { rsaBits: 2048, keyIdentifier: utf8('rsa key') }],
    ['key-agreement', ec, { keyIdentifier: utf8('ec key') }],
  ] as const)(
    'refuses %s to a key that does not fit its rid',
    async (type, { certificate }, other) => {
      const { key } = holder('CN=other', other);
      const opening = openEnvelopedData(await enveloped(type), {
        type: 'certificate',
        key,
        certificate,
      });
      expect(await failure(opening)).toMatch(/^CMP_RESPONSE_INVALID: .* does not decrypt/);
    },
  );

  it.each(['key-transport', 'key-agreement'] as const)(
    'opens %s with a key alone, whatever rid says [C18]',
    async (type) => {
      const { key } = type === 'key-transport' ? rsa : ec;
      const opened = await openEnvelopedData(await enveloped(type), { type: 'key', key });
      expect(opened.content).toEqual(content);
    },
  );

  it('refuses another secret with the same words as damaged content', async () => {
    const data = await enveloped('password');
    const other = await failure(
      openEnvelopedData(data, { type: 'secret', secret: utf8('Sesame') }),
    );
    const { encryptedContentInfo } = data;
    const cut = { ...encryptedContentInfo, encryptedContent: new Uint8Array(15) };
    const damaged = { ...data, encryptedContentInfo: cut };
    expect(await failure(openEnvelopedData(damaged, recipients.password))).toBe(other);
    expect(other).toMatch(/^CMP_RESPONSE_INVALID/);
  });

  it.each(types)('never opens %s for the wrong kind of recipient', async (type) => {
    for (const other of types.filter((one) => one !== type)) {
      const opening = openEnvelopedData(await enveloped(type), recipients[other]);
      expect(await failure(opening)).toMatch(/^CMP_RESPONSE_INVALID: .* expected a recipient with/);
    }
  });

  it('refuses a key that can neither decrypt nor agree', async () => {
    const { key } = await softwareKeys.generate('ed25519');
    const opening = openEnvelopedData(await enveloped('key-agreement'), { type: 'key', key });
    expect(await failure(opening)).toMatch(/^KEY_UNUSABLE: .*ed25519/);
  });

  it.each(types)('throws nothing but CertErrors for %s with an octet changed', async (type) => {
    const der = toDer(EnvelopedData, await enveloped(type));
    for (let at = 0; at < der.length; at += 3) {
      const damaged = Uint8Array.from(der);
      damaged[at] = (damaged[at] ?? 0) ^ (1 << random.below(8));
      const opening = (async () => {
        const opened = await openEnvelopedData(fromDer(EnvelopedData, damaged), recipients[type]);
        // CBC protects nothing by itself: what is signed inside does, and the message around.
        return Promise.reject(new CertError('CERT_INVALID', `opened ${opened.content.length}`));
      })();
      expect(await failure(opening)).toMatch(/^(DER|CMP|LIMIT|CERT|KEY)_/);
    }
  });

  it('refuses so many recipients that looking at them only costs time', async () => {
    const data = await enveloped('password');
    const [one] = data.recipientInfos;
    const many = {
      ...data,
      recipientInfos: Array.from({ length: 9 }, () => one).flatMap((each) => each ?? []),
    };
    expect(await failure(openEnvelopedData(many, recipients.password))).toMatch(
      /^LIMIT_EXCEEDED: .*9 recipients/,
    );
  });

  it('refuses content that is far larger than any key', async () => {
    const data = await enveloped('password');
    const encryptedContent = new Uint8Array(256 * 1024 + 16);
    const large = {
      ...data,
      encryptedContentInfo: { ...data.encryptedContentInfo, encryptedContent },
    };
    expect(await failure(openEnvelopedData(large, recipients.password))).toMatch(/^LIMIT_EXCEEDED/);
  });

  it.each([
    ['more iterations than we pay for', pbkdf2Algorithm(secret, 2 ** 31, 32), 'LIMIT_EXCEEDED'],
    ['fewer iterations than protect anything', pbkdf2Algorithm(secret, 1, 32), 'LIMIT_EXCEEDED'],
    ['an empty salt', pbkdf2Algorithm(new Uint8Array(), 1000, 32), 'LIMIT_EXCEEDED'],
    [
      'a key of another length than its wrap takes',
      pbkdf2Algorithm(secret, 1000, 16),
      'CMP_ALGORITHM_UNSUPPORTED',
    ],
    ['no key derivation we know', algorithmIdentifier('sha256'), 'CMP_ALGORITHM_UNSUPPORTED'],
  ])('refuses a password recipient with %s', async (_what, keyDerivationAlgorithm, code) => {
    const data = withRecipient(await enveloped('password'), (one) =>
      one.type === 'pwri' ? { ...one, value: { ...one.value, keyDerivationAlgorithm } } : one,
    );
    expect(await failure(openEnvelopedData(data, recipients.password))).toMatch(`${code}: `);
  });

  it('refuses content that is not encrypted with AES-CBC', async () => {
    const data = await enveloped('password');
    const contentEncryptionAlgorithm = algorithmIdentifier('sha256');
    const other = {
      ...data,
      encryptedContentInfo: { ...data.encryptedContentInfo, contentEncryptionAlgorithm },
    };
    expect(await failure(openEnvelopedData(other, recipients.password))).toMatch(
      /^CMP_ALGORITHM_UNSUPPORTED/,
    );
  });

  it('takes the key of the sender from a certificate that came along', async () => {
    const sender = holder('CN=sender', { keyIdentifier: utf8('sender') });
    const toEnvelop = {
      contentType: oids.data,
      content,
      addressee: { type: 'key-agreement', certificate: ec.certificate, ephemeral: sender.key },
    } as const;
    const data = withRecipient(await buildEnvelopedData(toEnvelop, random), (one) =>
      one.type === 'kari'
        ? {
            ...one,
            value: {
              ...one.value,
              originator: { type: 'subjectKeyIdentifier', value: utf8('sender') },
            },
          }
        : one,
    );
    const originators = [unnamed.certificate, sender.certificate];
    const opened = await openEnvelopedData(data, { type: 'certificate', ...ec, originators });
    expect(opened.content).toEqual(content);
    expect(await failure(openEnvelopedData(data, recipients['key-agreement']))).toMatch(
      /did not come along/,
    );
  });
});
