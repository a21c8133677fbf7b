import { describe, expect, it, onTestFinished } from 'vitest';
import { oids } from '../../src/asn1/oids.ts';
import type { LabSettings } from '../../src/ca/lab-settings.ts';
import type { Certificate } from '../../src/x509/certificate.ts';
import { extension, extensionValue, rawExtension } from '../../src/x509/extension-values.ts';
import type { Extension } from '../../src/x509/extension.ts';
import { certificateIn, converse, enrolled, gist, request, template } from './lab-client.ts';
import { openLab } from './lab-under-test.ts';

function placesIn({ tbsCertificate: { extensions } }: Certificate): readonly string[] {
  const access = extensionValue(extensions, 'authorityInfoAccess') ?? [];
  const points = extensionValue(extensions, 'cRLDistributionPoints') ?? [];
  const names = points.flatMap(({ distributionPoint: point }) =>
    point?.type === 'fullName' ? point.value : [],
  );
  return [...access.map(({ accessLocation }) => accessLocation), ...names].map((name) =>
    name.type === 'uniformResourceIdentifier' ? name.value : name.type,
  );
}

async function placesWith(settings: Partial<LabSettings>, isServing: boolean) {
  const lab = await openLab({ settings });
  const server = isServing ? await lab.listen(0) : undefined;
  if (server) onTestFinished(() => server.close());
  const places = placesIn(await enrolled(lab));
  return places.map((place) => place.replace(`127.0.0.1:${server?.port}`, 'lab'));
}

describe('a certificate of the lab', () => {
  it('names no place by itself', async () => {
    expect(await placesWith({}, true)).toEqual([]);
  });

  it('names responder, issuer and CRL of the lab where these are on, and only while it serves', async () => {
    const on = { ocsp: true, crl: true };
    const own = ['http://lab/ocsp', 'http://lab/ca.crt', 'http://lab/issuing.crl'];
    expect(await placesWith(on, true)).toEqual(own);
    expect(await placesWith(on, false)).toEqual([]);
  });

  it('names what is set, responders in their order and before that of the lab', async () => {
    const urls = ['http://a.example/', 'http://b.example/ocsp'];
    const settings = { ocspUrls: urls, crlUrl: 'http://c.example/' };
    const set = [...urls, 'http://c.example/issuing.crl'];
    expect(await placesWith(settings, false)).toEqual(set);
    expect(await placesWith({ ...settings, ocsp: true, crl: true }, true)).toEqual([
      ...urls,
      'http://lab/ocsp',
      'http://lab/ca.crt',
      'http://c.example/issuing.crl',
    ]);
  });
});

async function answerTo(feature: Extension) {
  const value = [await request(template({ extensions: [feature] }))];
  return await converse(await openLab()).send({ type: 'ir', value });
}

describe('a TLS feature asked for', () => {
  it('is in the certificate when it is about staples', async () => {
    const answer = await answerTo(extension('tlsFeature', [5, 17]));
    expect(gist(answer)).toBe('ip accepted');
    const { extensions } = certificateIn(answer).tbsCertificate;
    expect([...(extensionValue(extensions, 'tlsFeature') ?? [])]).toEqual([5, 17]);
  });

  it('is left out when it is about anything else, which is grantedWithMods', async () => {
    const answer = await answerTo(extension('tlsFeature', [5, 43]));
    expect(gist(answer)).toBe('ip grantedWithMods');
    const { extensions = [] } = certificateIn(answer).tbsCertificate;
    expect(extensions.map(({ extnID }) => extnID)).not.toContain(oids.tlsFeature);
  });

  it('is refused when it is none', async () => {
    const answer = await answerTo(rawExtension('tlsFeature', Uint8Array.of(0x05, 0)));
    expect(gist(answer)).toBe('ip rejection badDataFormat');
  });
});
