import { sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { rawOf } from '../../src/asn1/codec.ts';
import { CertError } from '../../src/base/errors.ts';
import { modernOnly } from '../../src/crypto/policy.ts';
import { verifySignature } from '../../src/crypto/signature.ts';
import type { RequestSigner } from '../../src/validation/ocsp-sign.ts';
import { algorithmIdentifier } from '../../src/x509/algorithm-identifier.ts';
import { formatGeneralName } from '../../src/x509/general-name-text.ts';
import { decodeOcspRequest } from '../../src/x509/ocsp-request.ts';
import { issue } from '../harness/certificates.ts';
import { ca } from '../revocation/ocsp-made.ts';
import { asking, codeIn, ocspObjectFor, responderAt } from './ocsp-asked.ts';

const gateway = issue({ subject: 'CN=gateway', issuer: ca });

function signer(): RequestSigner {
  return {
    certificate: gateway.certificate,
    chain: [ca.certificate],
    algorithm: algorithmIdentifier('ecdsaWithSHA256'),
    sign: async (data) => Uint8Array.from(sign('sha256', data, gateway.key.privateKey)),
  };
}

describe('a query that is signed', () => {
  it('goes by POST, names who asks, and has a signature over what is asked', async () => {
    const { url, requests } = await responderAt();
    const names: string[] = [];
    const { ask } = asking({
      async signerOf(name) {
        names.push(name);
        return signer();
      },
    });
    const answer = await ask(ocspObjectFor({ query: { url, signer: 'gw1' } }));
    expect(codeIn(answer)).toBe('good');
    expect(names).toStrictEqual(['gw1']);
    const [{ method, body } = { method: '', body: new Uint8Array() }] = requests;
    expect(method).toBe('POST');
    const { tbsRequest, optionalSignature } = decodeOcspRequest(body);
    const { requestorName } = tbsRequest;
    expect(requestorName && formatGeneralName(requestorName)).toBe('dirname:CN=gateway');
    expect(optionalSignature?.certs).toHaveLength(2);
    if (!optionalSignature) throw new Error('not signed');
    const { signature, signatureAlgorithm: algorithm } = optionalSignature;
    const { subjectPublicKeyInfo: spki } = gateway.certificate.tbsCertificate;
    const data = rawOf(tbsRequest);
    expect(verifySignature({ spki, algorithm, data, signature, policy: modernOnly })).toBe(true);
  });

  it('is not sent when nobody here can sign it', async () => {
    const { url, requests } = await responderAt();
    const object = ocspObjectFor({ query: { url, signer: 'gw1' } });
    expect(codeIn(await asking().ask(object))).toBe('no-source');
    const { ask } = asking({
      async signerOf(name) {
        throw new CertError('CERT_INVALID', `Cannot sign a request with "${name}": it expired`);
      },
    });
    const { verdict } = await ask(object);
    expect(verdict).toMatchObject({
      code: 'no-source',
      detail: 'cannot sign a request with "gw1": it expired',
    });
    expect(requests).toHaveLength(0);
  });
});
