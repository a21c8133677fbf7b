import { describe, expect, it } from 'vitest';
import { decodeMessage } from '../../src/cmp/message/pki-message.ts';
import { enroll, type EnrollRequest } from '../../src/lifecycle/enroll.ts';
import { initialize } from '../../src/lifecycle/initialize.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import {
  bodies,
  coded,
  initialized,
  issued,
  makeSite,
  named,
  request,
  sharedKey,
  wanted,
} from './site.ts';

function further(changes: Partial<EnrollRequest> = {}): EnrollRequest {
  return {
    current: named('gw1'),
    name: named('web'),
    wanted: wanted('CN=web,O=Test', { type: 'dNSName', value: 'web.example' }),
    key: { type: 'generate', keyType: 'p-256' },
    waitSeconds: 60,
    ...changes,
  };
}

describe('enroll()', () => {
  it('gets a further certificate, signing with one we have', async () => {
    const site = await makeSite();
    const first = await initialized(site);
    const { certificate, differences } = issued(await enroll(site.context, further()));
    expect(certificate).toMatchObject({ name: 'web', version: 1 });
    expect(certificate.keyId).not.toBe(first.certificate.keyId);
    expect(differences).toEqual([]);
    expect(await site.store.certificates.current('gw1')).toMatchObject({ version: 1 });

    expect(bodies(site.sent)).toEqual(['ir', 'certConf', 'cr', 'certConf']);
    for (const der of site.sent.slice(2)) {
      const [signer] = decodeMessage(der).extraCerts ?? [];
      expect(signer && certificateDer(signer)).toEqual(first.certificate.der);
    }
    expect(site.files().size).toBe(6);
  });

  it.each(['rsa-2048', 'p-521', 'ed25519', 'ed448'] as const)(
    'signs with a key of type %s',
    async (keyType) => {
      const site = await makeSite();
      const key = { type: 'given', key: await sharedKey(keyType) } as const;
      await initialized(site, { key });
      expect(await enroll(site.context, further())).toMatchObject({ type: 'issued' });
    },
  );

  it('follows a CA that waits, under signatures', async () => {
    const site = await makeSite({ lab: { polls: 1 } });
    await initialized(site);
    issued(await enroll(site.context, further()));
    expect(bodies(site.sent).slice(-4)).toEqual(['cr', 'pollReq', 'pollReq', 'certConf']);
  });

  it('goes on with a lab that leaves its signer out of later answers', async () => {
    const site = await makeSite({ lab: { extraCerts: 'not-in-pkiconf' } });
    await initialized(site);
    expect(await enroll(site.context, further())).toMatchObject({ type: 'issued' });
  });

  it('says CERT_UNKNOWN, and which there are, for a certificate to sign with that is not there', async () => {
    const site = await makeSite();
    await initialized(site);
    await expect(enroll(site.context, further({ current: named('gw7') }))).rejects.toMatchObject({
      code: 'CERT_UNKNOWN',
      hint: 'Known are "gw1"',
    });
  });

  it('says CERT_EXISTS for a name that has a certificate', async () => {
    const site = await makeSite();
    await initialized(site);
    await expect(enroll(site.context, further({ name: named('gw1') }))).rejects.toMatchObject(
      coded('CERT_EXISTS'),
    );
    expect(site.sent).toHaveLength(2);
  });

  it('refuses an expired certificate before anything is sent [P10]', async () => {
    const site = await makeSite({ lab: { validitySeconds: 3600 } });
    await initialized(site);
    await site.clock.advance(3601);
    await expect(enroll(site.context, further())).rejects.toMatchObject(coded('CERT_INVALID'));
    expect(site.sent).toHaveLength(2);
  });

  it('takes the CA that the certificate came from, and its address', async () => {
    const site = await makeSite();
    await site.store.authorities.put({ ...site.profile, label: named('another') });
    const urls: string[] = [];
    const context: typeof site.context = {
      ...site.context,
      connect(url, profile) {
        urls.push(`${profile.label} ${url}`);
        return site.context.connect(url, profile);
      },
    };
    await initialize(context, request({ ca: named('lab'), url: 'http://own.example/' }));
    issued(await enroll(context, further()));
    expect(new Set(urls)).toEqual(new Set(['lab http://own.example/']));
  });

  it('does not carry the address of one CA to another', async () => {
    const site = await makeSite();
    await initialized(site, { url: 'http://own.example/' });
    await site.store.authorities.put({
      ...site.profile,
      label: named('another'),
      url: 'http://another.example/',
    });
    const urls: string[] = [];
    const context: typeof site.context = {
      ...site.context,
      connect(url, profile) {
        urls.push(url);
        return site.context.connect(url, profile);
      },
    };
    issued(await enroll(context, further({ ca: named('another') })));
    expect(new Set(urls)).toEqual(new Set(['http://another.example/']));
  });
});
