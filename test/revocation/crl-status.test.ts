import { describe, expect, it } from 'vitest';
import { oids } from '../../src/asn1/oids.ts';
import type { Crl } from '../../src/revocation/crl.ts';
import type { DistributionPoint } from '../../src/x509/distribution-point.ts';
import type { Extension } from '../../src/x509/extension.ts';
import { extension } from '../../src/x509/extension-values.ts';
import { issue, someDay, type Issued } from '../harness/certificates.ts';
import { crl, entry, hours, ofIssuer } from './crl-made.ts';
import { codeOf, verdictsOn } from './crl-query.ts';

const root = issue({ subject: 'CN=Root', isCa: true });
const ca = issue({ subject: 'CN=CA', isCa: true, issuer: root });
const leaf = issue({ subject: 'CN=leaf', issuer: ca });
const crlSign = extension('keyUsage', ['cRLSign'], true);
const unknownCritical: Extension = {
  extnID: '1.2.3.4',
  critical: true,
  extnValue: Uint8Array.of(5, 0),
};

interface Asked {
  readonly of?: Issued;
  readonly pool?: readonly Issued[];
  readonly at?: Date;
  readonly skew?: number;
}

function status(
  crls: readonly Crl[],
  { of = leaf, pool = [], at = someDay, skew = 0 }: Asked = {},
) {
  return codeOf({
    chain: [of, ca, root].map(({ certificate }) => certificate),
    crls,
    pool: pool.map(({ certificate }) => certificate),
    at,
    query: { clockSkewSeconds: skew },
  });
}

function pointing(...points: readonly DistributionPoint[]): Issued {
  const cdp = extension('cRLDistributionPoints', points);
  return issue({ subject: 'CN=pointing', issuer: ca, extensions: [cdp] });
}

function named(issued: Issued) {
  return [{ type: 'directoryName', value: issued.subject } as const];
}

const pointA: DistributionPoint = {
  distributionPoint: {
    type: 'fullName',
    value: [{ type: 'uniformResourceIdentifier', value: 'http://crl/a' }],
  },
};
const scopeA = { distributionPoint: pointA.distributionPoint ?? { type: 'fullName', value: [] } };

describe('checkRevocationByCrls() takes time into account:', () => {
  it('nextUpdate itself still belongs to it, and the skew is allowed once', () => {
    const complete = crl(ca);
    expect(status([complete], { at: hours(23) })).toBe('good');
    expect(status([complete], { at: new Date(hours(23).getTime() + 1000) })).toBe('expired');
    const late = new Date(hours(23).getTime() + 300_000);
    expect(status([complete], { at: late, skew: 300 })).toBe('good');
    expect(status([complete], { at: new Date(late.getTime() + 1000), skew: 300 })).toBe('expired');
  });

  it('a CRL of the future is not yet valid, whatever it lists', () => {
    const future = crl(ca, { thisUpdate: hours(1), entries: [entry(leaf)] });
    expect(status([future])).toBe('not-yet-valid');
    expect(status([future], { skew: 3600 })).toBe('revoked');
    expect(status([future, crl(ca)])).toBe('good');
    expect(status([crl(ca), future])).toBe('good');
  });

  it('without nextUpdate it gives no good', () => {
    expect(status([crl(ca, { nextUpdate: null })])).toBe('no-next-update');
    expect(status([crl(ca, { nextUpdate: null, entries: [entry(leaf)] })])).toBe('revoked');
  });

  it('good by two CRLs holds no longer than the one that ends first', () => {
    const onlySomeReasons = ['keyCompromise', 'cACompromise', 'affiliationChanged'] as const;
    const others = ['superseded', 'cessationOfOperation', 'certificateHold'] as const;
    const last = ['privilegeWithdrawn', 'aACompromise'] as const;
    const crls = [
      crl(ca, { scope: { onlySomeReasons }, nextUpdate: hours(5) }),
      crl(ca, { scope: { onlySomeReasons: others }, nextUpdate: hours(3) }),
      crl(ca, { scope: { onlySomeReasons: last } }),
    ];
    const chain = [leaf, ca, root].map(({ certificate }) => certificate);
    expect(verdictsOn({ chain, crls, at: someDay })[0]).toMatchObject({ nextUpdate: hours(3) });
    expect(status(crls.slice(1))).toBe('reasons-incomplete');
  });
});

describe('checkRevocationByCrls() goes by distribution points:', () => {
  it('cRLIssuer needs an indirect CRL of that name', () => {
    const other = issue({ subject: 'CN=CRLs', issuer: root, extensions: [crlSign] });
    const of = pointing({ ...pointA, cRLIssuer: named(other) });
    const ofRoot = crl(root);
    const pool = [other];
    const listed = entry(of, 'keyCompromise', [ofIssuer(ca.subject)]);
    const indirect = { ...scopeA, indirectCRL: true };
    expect(status([crl(other, { scope: indirect }), ofRoot], { of, pool })).toBe('good');
    expect(status([crl(other, { scope: scopeA }), ofRoot], { of, pool })).toBe('no-source');
    const revoking = crl(other, { scope: indirect, entries: [listed] });
    expect(status([revoking, ofRoot], { of, pool })).toBe('revoked');
    expect(status([revoking, ofRoot], { pool })).toBe('no-source');
  });

  it('a point without a name goes by its cRLIssuer', () => {
    const value = named(ca);
    const scope = { distributionPoint: { type: 'fullName', value }, indirectCRL: true } as const;
    expect(status([crl(ca, { scope })], { of: pointing({ cRLIssuer: value }) })).toBe('good');
    const other = pointing({ cRLIssuer: named(root) });
    expect(status([crl(ca, { scope: { ...scopeA, indirectCRL: true } })], { of: other })).toBe(
      'wrong-scope',
    );
  });

  it('nameRelativeToCRLIssuer is the name of the issuer with one more part', () => {
    const rdn = [{ type: oids.commonName, value: { type: 'utf8String', value: 'p' } }] as const;
    const relative = { type: 'nameRelativeToCRLIssuer', value: rdn } as const;
    const value = [{ type: 'directoryName', value: { rdns: [...ca.subject.rdns, rdn] } }] as const;
    const full = { type: 'fullName', value } as const;
    for (const [ofCrl, ofPoint] of [
      [relative, full],
      [full, relative],
      [relative, relative],
    ] as const) {
      const list = crl(ca, { scope: { distributionPoint: ofCrl } });
      expect(status([list], { of: pointing({ distributionPoint: ofPoint }) })).toBe('good');
    }
    const list = crl(ca, { scope: { distributionPoint: relative } });
    expect(status([list], { of: pointing(pointA) })).toBe('wrong-scope');
  });

  it('the reasons of a point limit what its CRL covers', () => {
    const of = pointing({ ...pointA, reasons: ['keyCompromise', 'cACompromise'] });
    expect(status([crl(ca, { scope: scopeA })], { of })).toBe('reasons-incomplete');
    expect(status([crl(ca, { scope: scopeA }), crl(ca)], { of })).toBe('good');
    const listed = crl(ca, { scope: scopeA, entries: [entry(of, 'superseded')] });
    expect(status([listed], { of })).toBe('revoked');
  });

  it('points that cannot be read are malformed, as far as CRLs go', () => {
    const bad = {
      extnID: oids.cRLDistributionPoints,
      critical: false,
      extnValue: Uint8Array.of(5, 0),
    };
    const of = issue({ subject: 'CN=bad', issuer: ca, extensions: [bad] });
    expect(status([crl(ca)], { of })).toBe('malformed');
  });
});

function listing(...serials: readonly bigint[]) {
  return serials.map((serial) => entry(serial, 'keyCompromise'));
}

describe('checkRevocationByCrls() reads indirect CRLs:', () => {
  const other = issue({ subject: 'CN=Other CA', isCa: true, issuer: root });
  const scope = { indirectCRL: true };

  it('an entry is of the issuer the one before it was of', () => {
    const serial = leaf.certificate.tbsCertificate.serialNumber;
    const before = entry(7n, undefined, [ofIssuer(other.subject)]);
    const back = entry(8n, undefined, [ofIssuer(ca.subject)]);
    expect(status([crl(ca, { scope, entries: listing(serial) })])).toBe('revoked');
    expect(status([crl(ca, { scope, entries: [before, ...listing(serial)] })])).toBe('good');
    expect(status([crl(ca, { scope, entries: [before, back, ...listing(serial)] })])).toBe(
      'revoked',
    );
    expect(status([crl(ca, { scope, entries: [...listing(serial), before] })])).toBe('revoked');
  });

  it('one serial number may be there for two issuers', () => {
    const foreign = entry(leaf, 'keyCompromise', [ofIssuer(other.subject)]);
    const ours = entry(leaf, 'superseded', [ofIssuer(ca.subject)]);
    const chain = [leaf, ca, root].map(({ certificate }) => certificate);
    const crls = [crl(ca, { scope, entries: [foreign, ours] })];
    expect(verdictsOn({ chain, crls, at: someDay })[0]).toMatchObject({ reason: 'superseded' });
  });

  it('certificateIssuer in a CRL that is not indirect gives no good', () => {
    const entries = [entry(7n, undefined, [ofIssuer(other.subject)])];
    expect(status([crl(ca, { entries })])).toBe('unsupported-critical-extension');
  });

  it('an issuer that cannot be read is malformed for those it is about, and for no others', () => {
    const bad = { extnID: oids.certificateIssuer, critical: true, extnValue: Uint8Array.of(5, 0) };
    expect(status([crl(ca, { scope, entries: [entry(leaf, undefined, [bad])] })])).toBe(
      'malformed',
    );
    expect(status([crl(ca, { scope, entries: [entry(7n, undefined, [bad])] })])).toBe('good');
  });

  it('a serial number that is there too often is malformed', () => {
    const entries = Array.from({ length: 1001 }, () =>
      entry(leaf, undefined, [ofIssuer(other.subject)]),
    );
    expect(status([crl(ca, { scope, entries })])).toBe('malformed');
    expect(status([crl(ca, { scope, entries: entries.slice(1) })])).toBe('good');
  });
});

const signerCoveredBy = (subject: string, other: string) =>
  issue({
    subject,
    issuer: ca,
    extensions: [crlSign, extension('cRLDistributionPoints', [{ cRLIssuer: [nameOf(other)] }])],
  });

describe('checkRevocationByCrls() asks who signed:', () => {
  const separate = issue({ subject: 'CN=CA', issuer: root, extensions: [crlSign] });
  const pool = [separate];

  it('another key of the CA may, when the parent of both says it is not revoked', () => {
    expect(status([crl(separate), crl(root)], { pool })).toBe('good');
    expect(status([crl(separate, { entries: [entry(leaf)] }), crl(root)], { pool })).toBe(
      'revoked',
    );
    expect(status([crl(separate)], { pool })).toBe('crl-issuer-untrusted');
    const revoking = crl(root, { entries: [entry(separate)] });
    expect(status([crl(separate), revoking], { pool })).toBe('crl-issuer-untrusted');
  });

  it('certificates of its name that anybody may send along do not crowd out the right one', () => {
    const ski = extension('subjectKeyIdentifier', Uint8Array.of(1, 2, 3));
    const right = issue({ subject: 'CN=CA', issuer: root, extensions: [crlSign, ski] });
    const keyIdentifier = Uint8Array.of(1, 2, 3);
    const extensions = [extension('authorityKeyIdentifier', { keyIdentifier })];
    const forged = Array.from({ length: 12 }, () =>
      issue({ subject: 'CN=CA', issuerName: root.subject, extensions: [crlSign, ski] }),
    );
    const revoking = { entries: [entry(leaf)], extensions };
    const crls = [crl(right, revoking), crl(root)];
    expect(status(crls, { pool: [...forged, right] })).toBe('revoked');
    expect(status([crl(ca, revoking)], { pool: forged })).toBe('revoked');
  });

  it('a new key of the CA may sign for certificates of the old one, by a self-issued link', () => {
    const renewed = issue({ subject: 'CN=CA', isCa: true, issuer: ca });
    expect(status([crl(renewed), crl(ca)], { pool: [renewed] })).toBe('good');
  });

  it('another CA of that name below the same anchor may not', () => {
    const between = issue({ subject: 'CN=Between', isCa: true, issuer: root });
    const twin = issue({ subject: 'CN=CA', isCa: true, issuer: between });
    const crls = [crl(twin), crl(between), crl(root)];
    expect(status(crls, { pool: [between, twin] })).toBe('crl-issuer-untrusted');
  });

  it('a key that nobody may sign CRLs with may not', () => {
    const mute = issue({
      subject: 'CN=CA',
      issuer: root,
      extensions: [
        extension('basicConstraints', { cA: true }, true),
        extension('keyUsage', ['keyCertSign'], true),
      ],
    });
    expect(status([crl(mute), crl(root)], { pool: [mute] })).toBe('crl-issuer-untrusted');
  });

  it('a signer below another anchor may not', () => {
    const stranger = issue({ subject: 'CN=CA', isCa: true });
    expect(status([crl(stranger), crl(root)], { pool: [stranger] })).toBe('crl-issuer-untrusted');
    expect(status([crl(stranger)])).toBe('bad-signature');
  });

  it('what covers its own signer is looked up in there', () => {
    const own = issue({
      subject: 'CN=Own',
      issuer: ca,
      extensions: [
        crlSign,
        extension('cRLDistributionPoints', [{ cRLIssuer: [nameOf('CN=Own')] }]),
      ],
    });
    const of = pointing({ cRLIssuer: named(own) });
    const scope = { indirectCRL: true };
    const about = (issued: Issued) => entry(issued, 'keyCompromise', [ofIssuer(ca.subject)]);
    expect(status([crl(own, { scope })], { of, pool: [own] })).toBe('good');
    expect(status([crl(own, { scope, entries: [about(of)] })], { of, pool: [own] })).toBe(
      'revoked',
    );
    const self = crl(own, { scope, entries: [about(own)] });
    expect(status([self], { of, pool: [own] })).toBe('crl-issuer-untrusted');
  });

  it('two signers that vouch for each other do not', () => {
    const one = signerCoveredBy('CN=One', 'CN=Two');
    const two = signerCoveredBy('CN=Two', 'CN=One');
    const of = pointing({ cRLIssuer: named(one) });
    const scope = { indirectCRL: true };
    const crls = [crl(one, { scope }), crl(two, { scope })];
    expect(status(crls, { of, pool: [one, two] })).toBe('crl-issuer-untrusted');
  });
});

function nameOf(subject: string) {
  return { type: 'directoryName', value: issue({ subject }).subject } as const;
}

describe('checkRevocationByCrls() obeys critical extensions:', () => {
  it('of an entry: no good by that CRL, but what it lists is revoked', () => {
    const entries = [entry(7n, undefined, [unknownCritical])];
    expect(status([crl(ca, { entries })])).toBe('unsupported-critical-extension');
    expect(status([crl(ca, { entries: [...entries, entry(leaf)] })])).toBe('revoked');
    const harmless = [entry(7n, undefined, [{ ...unknownCritical, critical: false }])];
    expect(status([crl(ca, { entries: harmless })])).toBe('good');
  });

  it('of the CRL', () => {
    expect(status([crl(ca, { extensions: [unknownCritical] })])).toBe(
      'unsupported-critical-extension',
    );
  });
});

describe('the work of checkRevocationByCrls()', () => {
  it('ends when there are more CRLs than anyone needs', () => {
    const one = crl(ca, { scope: scopeA });
    expect(status(Array.from({ length: 2001 }, () => one))).toBe('internal');
  });
});
