import { createPrivateKey, X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { toDer } from '../../src/asn1/codec.ts';
import { oids } from '../../src/asn1/oids.ts';
import { asBuffer } from '../../src/base/bytes.ts';
import { decodeMessage } from '../../src/cmp/message/pki-message.ts';
import { poll } from '../../src/lifecycle/poll.ts';
import {
  requestCertificate,
  type CertificateForRequest,
} from '../../src/lifecycle/request-certificate.ts';
import { update } from '../../src/lifecycle/update.ts';
import { CertificationRequest } from '../../src/x509/certification-request.ts';
import { extension } from '../../src/x509/extension-values.ts';
import { answerFor } from './forge.ts';
import { pkcs10, requestKey } from './pkcs10.ts';
import {
  bodies,
  certificatesIn,
  coded,
  initialized,
  issued,
  makeSite,
  named,
  outstanding,
  type Site,
} from './site.ts';

async function requesting(
  changes: Partial<CertificateForRequest> = {},
): Promise<CertificateForRequest> {
  return {
    name: named('gw1'),
    certificationRequest: changes.certificationRequest ?? (await pkcs10()),
    credential: { type: 'mac' },
    waitSeconds: 60,
    ...changes,
  };
}

/** The certReqIds in certConf and pollReq, in the order they were sent. */
function certReqIds(site: Site): readonly number[] {
  return site.sent.flatMap((der) => {
    const { body } = decodeMessage(der);
    return body.type === 'certConf' || body.type === 'pollReq'
      ? body.value.map(({ certReqId }) => certReqId)
      : [];
  });
}

describe('requestCertificate()', () => {
  it('sends the request as it is, confirms with certReqId -1, and puts no key file [B12][R14][C10]', async () => {
    const site = await makeSite();
    const certificationRequest = await pkcs10();
    const request = await requesting({ certificationRequest });
    const { certificate, files } = issued(await requestCertificate(site.context, request));
    expect(bodies(site.sent)).toEqual(['p10cr', 'certConf']);
    expect(certReqIds(site)).toEqual([-1]);
    const der = toDer(CertificationRequest, certificationRequest);
    expect(Buffer.from(site.sent[0] ?? []).includes(asBuffer(der))).toBe(true);
    expect(files.map((file) => file.slice(site.certs.length + 1))).toEqual([
      'gw1.chain.pem',
      'gw1.cert.pem',
    ]);
    expect([...site.files().keys()]).toEqual(['gw1.cert.pem', 'gw1.chain.pem']);
    expect(certificate).toMatchObject({ name: 'gw1', status: 'current', ca: 'lab' });
    expect(certificate.keyId).toBeUndefined();
    expect(await site.lab.certificates()).toMatchObject([{ status: 'current' }]);
    expect(await site.store.history.list()).toMatchObject([
      { operation: 'p10cr', name: 'gw1', result: 'granted' },
    ]);
  });

  it('keeps and writes the key when it was handed over, and can renew it [B12]', async () => {
    const site = await makeSite();
    const key = requestKey();
    const request = await requesting({ certificationRequest: await pkcs10({ key }), key });
    issued(await requestCertificate(site.context, request));
    const x509 = new X509Certificate(site.files().get('gw1.cert.pem') ?? '');
    const file = createPrivateKey(site.files().get('gw1.key.pem') ?? '');
    expect(x509.checkPrivateKey(file)).toBe(true);
    const renewed = await update(site.context, { current: named('gw1'), waitSeconds: 0 });
    expect(renewed).toMatchObject({ type: 'issued', certificate: { version: 2 } });
  });

  it('cannot renew a certificate whose key is elsewhere [P10]', async () => {
    const site = await makeSite();
    issued(await requestCertificate(site.context, await requesting()));
    const before = site.sent.length;
    await expect(
      update(site.context, { current: named('gw1'), waitSeconds: 0 }),
    ).rejects.toMatchObject(coded('CERT_INVALID'));
    expect(site.sent).toHaveLength(before);
  });

  it('signs with a certificate that is here [B12][P8]', async () => {
    const site = await makeSite();
    await initialized(site);
    const result = await requestCertificate(
      site.context,
      await requesting({
        name: named('web'),
        certificationRequest: await pkcs10({ subject: 'CN=web,O=Test' }),
        credential: { type: 'signature', signer: named('gw1') },
      }),
    );
    expect(result).toMatchObject({ type: 'issued', name: 'web' });
    expect(certReqIds(site)).toEqual([0, -1]);
  });

  it('asks for the names in the extensionRequest, and takes no others [B12][C5]', async () => {
    const site = await makeSite();
    const names = [{ type: 'dNSName', value: 'gw1.example' }] as const;
    const certificationRequest = await pkcs10({ extensions: [extension('subjectAltName', names)] });
    const { certificate, differences } = issued(
      await requestCertificate(site.context, await requesting({ certificationRequest })),
    );
    expect(differences).toEqual([]);
    const x509 = new X509Certificate(asBuffer(certificate.der));
    expect(x509.subjectAltName).toBe('DNS:gw1.example');
  });

  it.each([
    ['has another version', { version: 1 }, 'its version is 1, expected 0'],
    ['was signed by another key', {}, 'its signature does not fit its key'],
  ])('refuses a request that %s, and sends nothing [B12]', async (_, parts, says) => {
    const site = await makeSite();
    const made = await pkcs10(parts);
    const other = await pkcs10();
    const certificationRequest =
      'version' in parts ? made : { ...made, signature: other.signature };
    const request = await requesting({ certificationRequest });
    const refused = requestCertificate(site.context, request);
    await expect(refused).rejects.toMatchObject(coded('CERT_REFUSED'));
    await expect(refused).rejects.toThrow(says);
    expect(site.sent).toEqual([]);
    expect(await site.store.transactions.outstanding()).toEqual([]);
  });

  it('refuses a request whose extensionRequest cannot be read, and blames nobody else [B12]', async () => {
    const site = await makeSite();
    const extensions = [
      { extnID: oids.subjectAltName, critical: false, extnValue: Uint8Array.of(0x30, 9, 1) },
    ];
    const request = await requesting({ certificationRequest: await pkcs10({ extensions }) });
    const refused = requestCertificate(site.context, request);
    await expect(refused).rejects.toMatchObject(coded('CERT_REFUSED'));
    expect(site.sent).toEqual([]);
  });

  it('refuses a request signed with an algorithm that is not done here [B12]', async () => {
    const site = await makeSite();
    const made = await pkcs10();
    const certificationRequest = {
      ...made,
      signatureAlgorithm: { algorithm: '1.2.3.4' } as const,
    };
    const refused = requestCertificate(site.context, await requesting({ certificationRequest }));
    await expect(refused).rejects.toMatchObject(coded('CERT_REFUSED'));
    await expect(refused).rejects.toThrow('1.2.3.4');
    expect(site.sent).toEqual([]);
  });

  it('refuses a key that is not the one of the request [B12]', async () => {
    const site = await makeSite();
    const request = await requesting({ key: requestKey() });
    await expect(requestCertificate(site.context, request)).rejects.toMatchObject(
      coded('KEY_UNUSABLE'),
    );
    expect(site.sent).toEqual([]);
  });

  it('refuses a name that is taken', async () => {
    const site = await makeSite();
    await initialized(site);
    const request = await requesting({
      certificationRequest: await pkcs10({ subject: 'CN=other,O=Test' }),
    });
    await expect(requestCertificate(site.context, request)).rejects.toMatchObject(
      coded('CERT_EXISTS'),
    );
  });

  it.each([0, 1])('refuses a cp with certReqId %i [R14]', async (certReqId) => {
    const site = await makeSite();
    // Which certificate it is does not come into it.
    const { certificate: value } = site.lab.authorities.ra;
    site.setWire((der) => {
      const certifiedKeyPair = { certOrEncCert: { type: 'certificate', value } } as const;
      const response = [{ certReqId, status: { status: 'accepted' }, certifiedKeyPair }] as const;
      return answerFor(site, der, { type: 'cp', value: { response } });
    });
    const before = await certificatesIn(site);
    const refused = requestCertificate(site.context, await requesting());
    await expect(refused).rejects.toThrow(`certReqId is ${certReqId}, expected -1`);
    expect(bodies(site.sent)).toEqual(['p10cr']);
    expect(await certificatesIn(site)).toEqual(before);
  });
});

describe('requestCertificate() of a CA that says waiting', () => {
  it.each(['response', 'error'] as const)(
    'polls with certReqId -1 after a waiting %s, in another process too [L1][L4][B12]',
    async (delay) => {
      const site = await makeSite({ lab: { polls: 1, delay, checkAfterSeconds: 3600 } });
      const key = requestKey();
      const certificationRequest = await pkcs10({ key });
      const request = await requesting({ certificationRequest, key, waitSeconds: 0 });
      expect(await requestCertificate(site.context, request)).toMatchObject({ type: 'waiting' });
      await site.clock.advance(3600);
      const later = await poll(await site.open(), { name: named('gw1'), waitSeconds: 0 });
      expect(later).toMatchObject({ type: 'issued' });
      expect(bodies(site.sent)).toEqual(['p10cr', 'pollReq', 'pollReq', 'certConf']);
      expect(certReqIds(site)).toEqual([-1, -1, -1]);
      expect(site.files().has('gw1.key.pem')).toBe(true);
    },
  );

  it('goes on with the same request when the command is repeated', async () => {
    const site = await makeSite({ lab: { polls: 1, checkAfterSeconds: 3600 } });
    const request = await requesting({ waitSeconds: 0 });
    await requestCertificate(site.context, request);
    const { id } = await outstanding(site.store);
    expect(await requestCertificate(site.context, request)).toMatchObject({ type: 'waiting' });
    expect(await outstanding(site.store)).toMatchObject({ id });
    await site.clock.advance(3600);
    expect(await requestCertificate(site.context, request)).toMatchObject({ type: 'issued' });
    expect(bodies(site.sent).filter((body) => body === 'p10cr')).toHaveLength(1);
    expect(await site.lab.issuedCount()).toBe(1);
  });

  it('does not take another request for the one that is outstanding', async () => {
    const site = await makeSite({ lab: { polls: 1, checkAfterSeconds: 3600 } });
    await requestCertificate(site.context, await requesting({ waitSeconds: 0 }));
    const other = await requesting({ waitSeconds: 0 });
    await expect(requestCertificate(site.context, other)).rejects.toMatchObject(
      coded('TRANSACTION_OUTSTANDING'),
    );
  });
});
