import { createPrivateKey, createPublicKey } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fromDer, rawOf } from '../../src/asn1/codec.ts';
import { decodePem } from '../../src/asn1/pem.ts';
import { verifySignature } from '../../src/crypto/signature.ts';
import { generateRequest, type KeyOrder } from '../../src/lifecycle/generate-request.ts';
import { importCertificate } from '../../src/lifecycle/import-certificate.ts';
import { CertificationRequest, requestedExtensions } from '../../src/x509/certification-request.ts';
import { extensionValue } from '../../src/x509/extension-values.ts';
import { formatGeneralName } from '../../src/x509/general-name-text.ts';
import { formatName, parseName } from '../../src/x509/name-text.ts';
import { initialize } from '../../src/lifecycle/initialize.ts';
import { issue } from '../harness/certificates.ts';
import { coded, makeSite, named, request, type Site } from './site.ts';

const name = named('gw1');

function order(changes: Partial<KeyOrder> = {}): KeyOrder {
  return {
    name,
    subject: parseName('CN=gw1,O=Test'),
    subjectAltNames: [{ type: 'dNSName', value: 'gw1.example' }],
    keyType: 'p-256',
    allowLegacy: false,
    replace: false,
    toCertStore: true,
    ...changes,
  };
}

/** Certificate of an ordinary CA for the key of a request. */
function answerTo(der: Uint8Array) {
  const { certificationRequestInfo: info } = fromDer(CertificationRequest, der);
  const ca = issue({ subject: 'CN=Other CA', isCa: true });
  const { certificate } = issue({
    subject: info.subject,
    issuer: ca,
    key: { ...ca.key, spki: info.subjectPKInfo },
  });
  return certificate;
}

async function stored(site: Site): Promise<number> {
  return (await site.store.keyRequests.list()).length;
}

describe('generateRequest()', () => {
  it.each(['rsa-2048', 'p-256', 'p-384', 'p-521', 'ed25519', 'ed448'] as const)(
    'makes a key (%s) and a request that is signed with it',
    async (keyType) => {
      const site = await makeSite();
      const made = await generateRequest(site.context, order({ keyType }));
      const { certificationRequestInfo: info, ...signed } = fromDer(
        CertificationRequest,
        made.request,
      );
      const policy = { allowLegacy: false };
      const { signature, signatureAlgorithm: algorithm } = signed;
      const spki = info.subjectPKInfo;
      expect(verifySignature({ spki, algorithm, data: rawOf(info), signature, policy })).toBe(true);
      expect(info.version).toBe(0);
      expect(formatName(info.subject)).toBe('CN=gw1,O=Test');
      const names = extensionValue(requestedExtensions(info), 'subjectAltName') ?? [];
      expect(names.map(formatGeneralName)).toEqual(['dns:gw1.example']);
      expect(made).toMatchObject({ keyType, isRepeated: false });
    },
  );

  it('puts both into the cert-store location, the key for its owner alone', async () => {
    const site = await makeSite();
    const { files, request: der } = await generateRequest(site.context, order());
    const [key = '', csr = ''] = files;
    expect(files).toEqual([join(site.certs, 'gw1.csr-key.pem'), join(site.certs, 'gw1.csr.pem')]);
    expect([statSync(key).mode & 0o777, statSync(csr).mode & 0o777]).toEqual([0o600, 0o644]);
    const written = site.files();
    expect(decodePem(written.get('gw1.csr.pem') ?? '')).toMatchObject([
      { label: 'CERTIFICATE REQUEST', der },
    ]);
    const publicKey = createPublicKey(createPrivateKey(written.get('gw1.csr-key.pem') ?? ''));
    const { keyId } = (await site.store.keyRequests.get('gw1')) ?? { keyId: 0 };
    const { spki } = await site.store.keys.publicKey(keyId);
    expect(Uint8Array.from(publicKey.export({ format: 'der', type: 'spki' }))).toEqual(spki);
  });

  it('leaves the files of the certificate in use alone', async () => {
    const site = await makeSite();
    await initialize(site.context, request());
    const before = site.files();
    await generateRequest(site.context, order());
    for (const [file, content] of before) expect(site.files().get(file)).toBe(content);
  });

  it('writes no file when it goes elsewhere', async () => {
    const site = await makeSite();
    const { files } = await generateRequest(site.context, order({ toCertStore: false }));
    expect(files).toEqual([]);
    expect(existsSync(site.certs)).toBe(false);
    expect(await stored(site)).toBe(1);
  });

  it('has both in the store before a file can be seen, and goes on when it was killed there', async () => {
    const site = await makeSite();
    let waiting = 0;
    const dying = {
      ...site.context,
      async deliver() {
        waiting = await stored(site);
        throw new Error('killed');
      },
    };
    await expect(generateRequest(dying, order())).rejects.toThrow('killed');
    expect(waiting).toBe(1);
    const first = await site.store.keyRequests.get('gw1');
    const again = await generateRequest(await site.open(), order());
    expect(again).toMatchObject({ isRepeated: true, request: first?.request });
    expect(again.files).toHaveLength(2);
  });

  it('refuses another request for the name unless it shall replace the one that waits', async () => {
    const site = await makeSite();
    const first = await generateRequest(site.context, order());
    for (const changes of [
      { subject: parseName('CN=gw2') },
      { subjectAltNames: [] },
      { keyType: 'p-384' },
      { token: 'pkcs11:token=other;object=gw1' },
    ] as const) {
      await expect(generateRequest(site.context, order(changes))).rejects.toMatchObject(
        coded('CERT_EXISTS'),
      );
    }
    const second = await generateRequest(site.context, order({ replace: true }));
    expect(second.isRepeated).toBe(false);
    expect(second.request).not.toEqual(first.request);
    expect(await stored(site)).toBe(1);
  });

  it('is ended by the import of its answer, which finds the key by its public half', async () => {
    const site = await makeSite();
    const { request: der } = await generateRequest(site.context, order());
    const { keyId } = (await site.store.keyRequests.get('gw1')) ?? { keyId: 0 };
    const { certificate } = await importCertificate(site.context, {
      name,
      certificates: [answerTo(der)],
      replace: false,
    });
    expect(certificate.keyId).toBe(keyId);
    expect(await stored(site)).toBe(0);
  });

  it('refuses while a request over CMP is outstanding, and an RSA key of 1024 bits', async () => {
    const site = await makeSite({ lab: { polls: 1 } });
    await expect(
      generateRequest(site.context, order({ keyType: 'rsa-1024' })),
    ).rejects.toMatchObject(coded('KEY_UNUSABLE'));
    const legacy = order({ keyType: 'rsa-1024', allowLegacy: true, name: named('old') });
    expect(await generateRequest(site.context, legacy)).toMatchObject({ keyType: 'rsa-1024' });
    await initialize(site.context, request({ waitSeconds: 0 }));
    await expect(generateRequest(site.context, order())).rejects.toMatchObject(
      coded('TRANSACTION_OUTSTANDING'),
    );
  });
});
