import { describe, expect, it } from 'vitest';
import { toHex } from '../../../src/base/bytes.ts';
import { CertError } from '../../../src/base/errors.ts';
import { oids } from '../../../src/asn1/oids.ts';
import type { Trust } from '../../../src/cmp/protection/trust.ts';
import { verifyResponse } from '../../../src/cmp/protection/verify.ts';
import { certificateDer, type Certificate } from '../../../src/x509/certificate.ts';
import { extension } from '../../../src/x509/extension-values.ts';
import { parseName } from '../../../src/x509/name-text.ts';
import { nullDn } from '../../../src/x509/name.ts';
import { issue, makeKey, type Issued, type IssueOptions } from '../../harness/certificates.ts';
import { answer, expectedSigned, pkiconf, signedBy, type AnswerOptions } from '../answers.ts';

const digitalSignature = extension('keyUsage', ['digitalSignature'], true);
const cmcRA = extension('extKeyUsage', [oids.cmcRA]);
const kid = (octet: number) => extension('subjectKeyIdentifier', new Uint8Array(20).fill(octet));

const root = issue({ subject: 'CN=Root,O=Test', isCa: true });
const sub = issue({ subject: 'CN=Sub,O=Test', issuer: root, isCa: true });
const ra = issue({
  subject: 'CN=RA,O=Test',
  issuer: sub,
  extensions: [digitalSignature, cmcRA, kid(1)],
});
const stranger = issue({ subject: 'CN=Root,O=Test', isCa: true });

const certificates = (...issued: readonly Issued[]): readonly Certificate[] =>
  issued.map(({ certificate }) => certificate);
const anchored: Partial<Trust> = { anchors: certificates(root) };

/** An RA like `ra`, but for what is said. */
function likeRa(options: Partial<IssueOptions>): Issued {
  const extensions = [digitalSignature, cmcRA, kid(1)];
  return issue({ subject: 'CN=RA,O=Test', issuer: sub, extensions, ...options });
}

/** Who the answer was signed by, or why that is not believed. */
async function signerOf(
  signer: Issued,
  options: AnswerOptions = {},
  trust: Partial<Trust> = anchored,
  known: readonly Certificate[] = [],
): Promise<string> {
  const message = await answer({ credential: signedBy(signer, sub), ...options });
  try {
    const verified = verifyResponse(message, { ...expectedSigned(trust), known });
    return toHex(certificateDer(verified.signer?.certificate ?? root.certificate));
  } catch (error) {
    if (!(error instanceof CertError)) throw error;
    return `${error.code}: ${error.message}`;
  }
}

const der = ({ certificate }: Issued): string => toHex(certificateDer(certificate));

describe('the signer of an answer is accepted when it', () => {
  it('is an RA with cmcRA below an anchor', async () => {
    expect(await signerOf(ra)).toBe(der(ra));
  });

  it('carries cmcCA', async () => {
    const other = likeRa({ extensions: [extension('extKeyUsage', [oids.cmcCA])] });
    expect(await signerOf(other)).toBe(der(other));
  });

  it('is the CA itself, anchor or intermediate [R11]', async () => {
    const caExtensions = [
      extension('basicConstraints', { cA: true }, true),
      extension('keyUsage', ['digitalSignature', 'keyCertSign'], true),
    ];
    const signingRoot = issue({ subject: 'CN=Signing Root', extensions: caExtensions });
    const signingSub = issue({
      subject: 'CN=Signing Sub',
      issuer: signingRoot,
      extensions: caExtensions,
    });
    const trust = { anchors: certificates(signingRoot) };
    expect(await signerOf(signingRoot, {}, trust)).toBe(der(signingRoot));
    expect(await signerOf(signingRoot, { extraCerts: [] }, trust)).toBe(der(signingRoot));
    expect(await signerOf(signingSub, {}, trust)).toBe(der(signingSub));
  });

  it('is any certificate below anchors that are dedicated to CMP [R11]', async () => {
    const any = likeRa({ extensions: [] });
    expect(await signerOf(any, {}, { ...anchored, anchorsAreDedicated: true })).toBe(der(any));
  });

  it('has the name that is expected, whatever case and string type that is typed in [R11]', async () => {
    const any = likeRa({ extensions: [] });
    const trust = { ...anchored, expectedSender: parseName('cn=ra,o=TEST') };
    expect(await signerOf(any, {}, trust)).toBe(der(any));
  });

  it('is the pinned certificate, whoever issued it', async () => {
    const own = issue({ subject: 'CN=RA,O=Test', extensions: [digitalSignature, kid(1)] });
    const trust = { anchors: [], pinned: own.certificate };
    expect(await signerOf(own, {}, trust)).toBe(der(own));
    expect(await signerOf(own, { extraCerts: [] }, trust)).toBe(der(own));
  });

  it('has no keyUsage and no subjectKeyIdentifier at all [R10][R18]', async () => {
    const plain = likeRa({ extensions: [cmcRA] });
    expect(await signerOf(plain)).toBe(der(plain));
    const header = { senderKID: new Uint8Array(20) };
    expect(await signerOf(plain, { header })).toBe(der(plain));
  });

  it('comes in any order among the extraCerts, with others [R9]', async () => {
    const chain = [ra, sub, root, stranger];
    for (const order of [chain, chain.toReversed(), [stranger, sub, ra, root]]) {
      expect(await signerOf(ra, { extraCerts: certificates(...order) })).toBe(der(ra));
    }
  });

  it('is known from an earlier answer, when extraCerts are left out [R9][R15]', async () => {
    expect(await signerOf(ra, { extraCerts: [] })).toMatch(/^CMP_SIGNER_UNTRUSTED/);
    expect(await signerOf(ra, { extraCerts: [] }, anchored, certificates(ra, sub))).toBe(der(ra));
  });

  it('is configured with its intermediates, when extraCerts are left out', async () => {
    const trust = { ...anchored, intermediates: certificates(ra, sub) };
    expect(await signerOf(ra, { extraCerts: [] }, trust)).toBe(der(ra));
  });

  it('stands behind another certificate of the same name and key identifier', async () => {
    const other = likeRa({});
    const extraCerts = certificates(other, ra, sub);
    expect(await signerOf(ra, { extraCerts })).toBe(der(ra));
  });

  it('stands behind one of the same name whose key does not go with the algorithm', async () => {
    const rsa = likeRa({ key: makeKey(2048) });
    expect(await signerOf(ra, { extraCerts: certificates(rsa, ra, sub) })).toBe(der(ra));
    expect(await signerOf(rsa, { extraCerts: certificates(ra, rsa, sub) })).toBe(der(rsa));
  });

  it('stands behind one of the same name that is damaged inside', async () => {
    const damaged = likeRa({
      extensions: [
        { extnID: oids.subjectKeyIdentifier, critical: false, extnValue: Uint8Array.of(4, 9) },
      ],
    });
    expect(await signerOf(ra, { extraCerts: certificates(damaged, ra, sub) })).toBe(der(ra));
  });

  it('stands behind one with its very key that is damaged inside', async () => {
    const keyUsage = { extnID: oids.keyUsage, critical: true, extnValue: Uint8Array.of(3, 9) };
    const damaged = likeRa({ key: ra.key, extensions: [keyUsage, cmcRA, kid(1)] });
    expect(await signerOf(ra, { extraCerts: certificates(damaged, ra, sub) })).toBe(der(ra));
    expect(await signerOf(damaged)).toMatch(/^CMP_SIGNER_UNTRUSTED: .*"keyUsage" malformed/);
  });

  it('is one of two certificates with the same key, the other of which is not authorised', async () => {
    const leaf = likeRa({ key: ra.key, extensions: [kid(1)] });
    expect(await signerOf(ra, { extraCerts: certificates(leaf, ra, sub) })).toBe(der(ra));
  });
});

describe('the signer of an answer is refused when it', () => {
  it.each<[string, Issued, RegExp, AnswerOptions?]>([
    [
      'has no path to an anchor',
      likeRa({ issuer: issue({ subject: 'CN=Nobody', isCa: true }) }),
      /^CMP_SIGNER_UNTRUSTED: Cannot trust the signer "CN=RA,O=Test" of the message: no path leads .*"CN=Nobody"$/,
    ],
    [
      'has an issuer that only has the name of the anchor',
      likeRa({ issuer: stranger }),
      /^CMP_SIGNER_UNTRUSTED: .*is not by the key of "CN=Root,O=Test"$/,
    ],
    [
      'is expired',
      likeRa({ notAfter: new Date('2026-02-01T00:00:00Z') }),
      /^CMP_SIGNER_UNTRUSTED: .*"CN=RA,O=Test" expired at 2026-02-01T00:00:00Z$/,
    ],
    [
      'is not valid yet',
      likeRa({ notBefore: new Date('2026-12-01T00:00:00Z') }),
      /^CMP_SIGNER_UNTRUSTED: .*is valid from 2026-12-01T00:00:00Z$/,
    ],
    [
      'is self-signed under the name of a trusted one',
      issue({ subject: 'CN=RA,O=Test', extensions: [digitalSignature, cmcRA, kid(1)] }),
      /^CMP_SIGNER_UNTRUSTED: .*self-signed and not among the trust anchors$/,
    ],
    [
      'is self-signed under the name of the anchor',
      issue({
        subject: 'CN=Root,O=Test',
        extensions: [
          extension('basicConstraints', { cA: true }, true),
          extension('keyUsage', ['digitalSignature', 'keyCertSign'], true),
        ],
      }),
      /^CMP_SIGNER_UNTRUSTED: /,
    ],
    [
      'may not make digital signatures',
      likeRa({ extensions: [extension('keyUsage', ['keyEncipherment'], true), cmcRA] }),
      /^CMP_SIGNER_UNTRUSTED: .*its keyUsage does not allow digitalSignature$/,
    ],
    [
      'is a CA whose keyUsage lacks digitalSignature',
      sub,
      /^CMP_SIGNER_UNTRUSTED: .*its keyUsage does not allow digitalSignature$/,
    ],
    [
      'is any leaf of the CA',
      likeRa({ extensions: [digitalSignature] }),
      /^CMP_SIGNER_UNTRUSTED: .*neither the CA nor carries the extended key usage cmcCA or cmcRA/,
    ],
    [
      'is a leaf with another extended key usage, any one included',
      likeRa({
        extensions: [extension('extKeyUsage', [oids.serverAuth, oids.anyExtendedKeyUsage])],
      }),
      /^CMP_SIGNER_UNTRUSTED: .*neither the CA nor/,
    ],
    [
      'has another name than the sender',
      ra,
      /^CMP_SIGNER_UNTRUSTED: .*"CN=Other" of the message: no certificate with that name/,
      { header: { sender: { type: 'directoryName', value: parseName('CN=Other') } } },
    ],
    [
      'is behind a NULL-DN',
      ra,
      /^CMP_SIGNER_UNTRUSTED: /,
      { header: { sender: { type: 'directoryName', value: nullDn } } },
    ],
    [
      'is behind a sender that is no directoryName',
      ra,
      /^CMP_PROTECTION_INVALID: Cannot verify "pkiconf": its sender is a dNSName, not a directoryName$/,
      { header: { sender: { type: 'dNSName', value: 'ra.example' } } },
    ],
    [
      'has another key identifier than senderKID says',
      ra,
      /^CMP_SIGNER_UNTRUSTED: .*no certificate with that name and key identifier/,
      { header: { senderKID: new Uint8Array(20).fill(9) } },
    ],
    [
      'did not sign these octets',
      ra,
      /^CMP_PROTECTION_INVALID: Cannot verify "pkiconf" from "CN=RA,O=Test": the signature does not fit$/,
      { protection: (signature) => Uint8Array.of(...signature.subarray(0, -1), 0) },
    ],
    [
      'did not sign at all',
      ra,
      /^CMP_PROTECTION_INVALID: /,
      { protection: () => new Uint8Array() },
    ],
  ])('%s', async (_, signer, text, options = {}) => {
    expect(await signerOf(signer, options)).toMatch(text);
  });

  it('has the name that is expected, but no path', async () => {
    const other = likeRa({ issuer: stranger });
    const trust = { ...anchored, expectedSender: parseName('CN=RA,O=Test') };
    expect(await signerOf(other, {}, trust)).toMatch(/^CMP_SIGNER_UNTRUSTED/);
  });

  it('is below an anchor that came in extraCerts only [R10]', async () => {
    const other = likeRa({ issuer: stranger });
    const extraCerts = certificates(other, stranger);
    for (const trust of [anchored, {}, { ...anchored, anchorsAreDedicated: true }]) {
      expect(await signerOf(other, { extraCerts }, trust)).toMatch(/^CMP_SIGNER_UNTRUSTED/);
      expect(await signerOf(other, { extraCerts: [] }, trust, extraCerts)).toMatch(
        /^CMP_SIGNER_UNTRUSTED/,
      );
    }
  });

  it('is not the pinned certificate, even below an anchor [R10]', async () => {
    const pinned = likeRa({}).certificate;
    expect(await signerOf(ra, {}, { ...anchored, pinned })).toMatch(/^CMP_PROTECTION_INVALID/);
    const named = likeRa({ subject: 'CN=Pinned' }).certificate;
    expect(await signerOf(ra, {}, { ...anchored, pinned: named })).toMatch(
      /^CMP_SIGNER_UNTRUSTED: .*the pinned server certificate has another name or key identifier$/,
    );
  });

  it('is the pinned certificate, but expired [R10]', async () => {
    const old = likeRa({ notAfter: new Date('2026-02-01T00:00:00Z') });
    expect(await signerOf(old, {}, { pinned: old.certificate })).toMatch(
      /^CMP_SIGNER_UNTRUSTED: .*the pinned server certificate is not valid now$/,
    );
  });

  it('is the pinned certificate, but may not make digital signatures', async () => {
    const own = likeRa({ extensions: [extension('keyUsage', ['keyEncipherment'], true)] });
    expect(await signerOf(own, {}, { pinned: own.certificate })).toMatch(
      /^CMP_SIGNER_UNTRUSTED: .*its keyUsage does not allow digitalSignature$/,
    );
  });

  it('has a key that does not go with the algorithm, and says so', async () => {
    const rsa = likeRa({ key: makeKey(2048) });
    expect(await signerOf(ra, { extraCerts: certificates(rsa, sub) })).toMatch(
      /^CMP_ALGORITHM_UNSUPPORTED: .*ecdsaWithSHA256.*rsa-2048/,
    );
  });

  it('is issued with SHA-1, without the legacy switch', async () => {
    const old = likeRa({ digest: 'sha1' });
    expect(await signerOf(old)).toMatch(/^CMP_SIGNER_UNTRUSTED: .*SHA-1/);
    expect(await signerOf(old, {}, { ...anchored, allowLegacy: true })).toBe(der(old));
  });

  it('hides behind very many certificates of its name', async () => {
    const others = Array.from({ length: 20 }, () => likeRa({}));
    const extraCerts = certificates(...others, ra, sub);
    expect(await signerOf(ra, { extraCerts })).toMatch(/^CMP_PROTECTION_INVALID/);
  });
});

describe('the refusal of a signer', () => {
  it('says what the CA profile can do about it', async () => {
    const message = await answer({ body: pkiconf, credential: signedBy(ra, sub) });
    expect(() => verifyResponse(message, expectedSigned({}))).toThrow(
      expect.objectContaining({
        hint: expect.stringMatching(/cmp-root.*server-cert.*expected-sender/),
      }),
    );
  });
});

describe('with the CA known that issues for us, the signer of an answer', () => {
  const printers = issue({ subject: 'CN=Printers,O=Test', issuer: root, isCa: true });
  const printerRa = issue({
    subject: 'CN=RA,O=Test',
    issuer: printers,
    extensions: [digitalSignature, cmcRA],
  });
  const bound: Partial<Trust> = { ...anchored, authority: parseName('CN=Sub,O=Test') };

  it('may be an RA which that CA issued, or the name expected', async () => {
    expect(await signerOf(ra, {}, bound)).toBe(der(ra));
    const trust = { ...bound, expectedSender: parseName('CN=RA,O=Test') };
    expect(await signerOf(printerRa, { credential: signedBy(printerRa, printers) }, trust)).toBe(
      der(printerRa),
    );
  });

  it.each([
    ['an RA of another CA below the anchor', printerRa],
    ['another CA below the anchor', printers],
  ])('may not be %s', async (_, signer) => {
    const options = { credential: signedBy(signer, printers) };
    expect(await signerOf(signer, options, bound)).toMatch(/^CMP_SIGNER_UNTRUSTED/);
  });
});

describe('a critical extended key usage for something else', () => {
  const web = likeRa({
    extensions: [digitalSignature, extension('extKeyUsage', [oids.serverAuth], true), kid(1)],
  });
  it.each<[string, Partial<Trust>]>([
    ['dedicated anchors', { ...anchored, anchorsAreDedicated: true }],
    ['an expected name', { ...anchored, expectedSender: parseName('CN=RA,O=Test') }],
    ['a pinned certificate', { pinned: web.certificate }],
  ])('forbids a signer to speak for the CA in spite of %s', async (_, trust) => {
    expect(await signerOf(web, {}, trust)).toMatch(/^CMP_SIGNER_UNTRUSTED.*for something else/);
  });

  it('forbids nothing where it is not critical and the anchors are dedicated', async () => {
    const other = likeRa({
      extensions: [digitalSignature, extension('extKeyUsage', [oids.serverAuth]), kid(1)],
    });
    const trust = { ...anchored, anchorsAreDedicated: true };
    expect(await signerOf(other, {}, trust)).toBe(der(other));
  });
});

describe('a certificate with cA below a CA that may issue no other CA', () => {
  const confined = issue({
    subject: 'CN=Confined,O=Test',
    issuer: root,
    extensions: [
      extension('basicConstraints', { cA: true, pathLenConstraint: 0 }, true),
      extension('keyUsage', ['keyCertSign'], true),
    ],
  });
  it('may not sign as the CA', async () => {
    const signer = issue({
      subject: 'CN=Upstart,O=Test',
      issuer: confined,
      extensions: [extension('basicConstraints', { cA: true }, true)],
    });
    const options = { credential: signedBy(signer, confined) };
    expect(await signerOf(signer, options)).toMatch(/^CMP_SIGNER_UNTRUSTED/);
  });
});
