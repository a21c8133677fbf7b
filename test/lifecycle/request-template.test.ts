import { describe, expect, it } from 'vitest';
import { toDer } from '../../src/asn1/codec.ts';
import { oids } from '../../src/asn1/oids.ts';
import type { CertReqTemplateContent } from '../../src/cmp/message/cert-req-template.ts';
import { info } from '../../src/cmp/message/info-values.ts';
import { decodeMessage } from '../../src/cmp/message/pki-message.ts';
import { initialize } from '../../src/lifecycle/initialize.ts';
import { requestInfo, type InfoResult } from '../../src/lifecycle/info.ts';
import { AlgorithmIdentifier, algorithmIdentifier } from '../../src/x509/algorithm-identifier.ts';
import { extension } from '../../src/x509/extension-values.ts';
import { answerFor } from './forge.ts';
import { coded, makeSite, request, type Site } from './site.ts';

/** Ask for the request template, and have the CA give this one, or none. */
async function told(site: Site, template?: CertReqTemplateContent): Promise<InfoResult> {
  const item = info('certReqTemplate', template);
  site.setWire((der) => answerFor(site, der, { type: 'genp', value: [item] }));
  const question = {
    infoType: oids.certReqTemplate,
    credential: { type: 'mac' },
    acceptRoot: false,
    waitSeconds: 0,
  } as const;
  try {
    return await requestInfo(site.context, question);
  } finally {
    site.setWire();
  }
}

/** The extensions of the request that was sent last. */
function extensionsAsked(site: Site): readonly string[] {
  const { body } = decodeMessage(site.sent.findLast((der) => isIr(der)) ?? new Uint8Array());
  const { extensions = [] } = body.type === 'ir' ? (body.value[0]?.certReq.certTemplate ?? {}) : {};
  return extensions.map(({ extnID }) => extnID);
}

function isIr(der: Uint8Array): boolean {
  return decodeMessage(der).body.type === 'ir';
}

const keyUsage = extension('keyUsage', ['digitalSignature', 'keyAgreement'], true);

describe('a request template', () => {
  it('adds the extensions the CA wishes', async () => {
    const site = await makeSite();
    await told(site, { certTemplate: { extensions: [keyUsage] } });
    await initialize(site.context, request());
    expect(extensionsAsked(site)).toEqual([oids.keyUsage]);
  });

  it('makes nobody ask for the certificate of a CA, and for nothing that is the issuer’s to say', async () => {
    const site = await makeSite();
    const extensions = [
      extension('basicConstraints', { cA: true }, true),
      extension('subjectKeyIdentifier', Uint8Array.of(1, 2, 3)),
      extension('keyUsage', ['digitalSignature', 'keyCertSign', 'cRLSign'], true),
    ];
    await told(site, { certTemplate: { extensions } });
    await initialize(site.context, request());
    expect(extensionsAsked(site)).toEqual([]);
    expect(site.warnings.join('\n')).toContain('keyUsage');
    expect(site.warnings.join('\n')).toContain('basicConstraints');
  });

  it('is forgotten when the CA has no wishes any more [L10]', async () => {
    const site = await makeSite();
    await told(site, { certTemplate: { extensions: [keyUsage] } });
    expect(await told(site)).toMatchObject({ type: 'nothing' });
    await initialize(site.context, request());
    expect(extensionsAsked(site)).toEqual([]);
  });

  it('is not kept when it cannot be read to the end: no later request would get by it [L10]', async () => {
    const site = await makeSite();
    const keySpec = [{ type: oids.rsaKeyLen, value: Uint8Array.of(5, 0) }];
    await expect(told(site, { certTemplate: {}, keySpec })).rejects.toMatchObject(
      coded('DER_MALFORMED'),
    );
    expect(await site.store.authorities.requestTemplate('lab')).toBeUndefined();
  });

  it('may name kinds of keys that are not made here, among them curves without a name', async () => {
    const site = await makeSite();
    const curve = algorithmIdentifier('ecPublicKey', Uint8Array.of(0x30, 0));
    const keySpec = [{ type: oids.algId, value: toDer(AlgorithmIdentifier, curve) }];
    await told(site, { certTemplate: {}, keySpec });
    expect(await initialize(site.context, request())).toMatchObject({ type: 'issued' });
  });
});
