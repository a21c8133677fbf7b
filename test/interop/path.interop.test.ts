import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { fromHex } from '../../src/base/bytes.ts';
import { oids } from '../../src/asn1/oids.ts';
import { encodePem } from '../../src/asn1/pem.ts';
import { algorithmIdentifier } from '../../src/x509/algorithm-identifier.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import { extension, rawExtension } from '../../src/x509/extension-values.ts';
import { formatName, parseName } from '../../src/x509/name-text.ts';
import {
  issue,
  makeKey,
  someDay,
  type IssueOptions,
  type Issued,
  type TestKey,
} from '../harness/certificates.ts';
import { check, detail } from '../harness/paths.ts';
import { requirePeer } from '../harness/require.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'certkeeper-path-'));
});
afterAll(() => rmSync(directory, { recursive: true }));
beforeEach((context) => requirePeer(context, 'openssl'));

/** A leaf, what came along with it, and the one anchor. */
interface Pki {
  readonly leaf: Issued;
  readonly intermediates: readonly Issued[];
  readonly anchor: Issued;
  /** What was done to it, to read when the verdicts differ. */
  readonly story: readonly string[];
}

/** What `openssl verify` says: "valid", or its complaint. */
function opensslVerdict({ leaf, intermediates, anchor }: Pki): string {
  const write = (name: string, certificates: readonly Issued[]): void => {
    const pem = certificates.map((issued) =>
      encodePem('CERTIFICATE', certificateDer(issued.certificate)),
    );
    writeFileSync(join(directory, name), pem.join(''));
  };
  write('leaf.pem', [leaf]);
  write('anchor.pem', [anchor]);
  write('bundle.pem', intermediates);
  const at = String(someDay.getTime() / 1000);
  const { status, stderr } = spawnSync(
    'openssl',
    ['verify', '-attime', at, '-no-CApath', '-no-CAstore', '-CAfile', 'anchor.pem']
      .concat(intermediates.length > 0 ? ['-untrusted', 'bundle.pem'] : [])
      .concat('leaf.pem'),
    { cwd: directory, encoding: 'utf8', env: { ...process.env, OPENSSL_CONF: '/dev/null' } },
  );
  return status === 0 ? 'valid' : stderr;
}

const isCa = extension('basicConstraints', { cA: true }, true);
const unknown = { extnID: '2.999.1', critical: true, extnValue: fromHex('0500') };
const keyIdentifier = extension('subjectKeyIdentifier', fromHex('01'));

/** What can be changed in one certificate. Some changes are faults, some are not, some it depends. */
const changes: Readonly<Record<string, (options: IssueOptions) => IssueOptions>> = {
  'as it is': (options) => options,
  expired: (options) => ({ ...options, notAfter: new Date('2026-02-01T00:00:00Z') }),
  'not yet valid': (options) => ({ ...options, notBefore: new Date('2026-11-01T00:00:00Z') }),
  'valid from this second on': (options) => ({ ...options, notBefore: someDay }),
  // Not this very second: RFC 5280 has notAfter in the period, OpenSSL has not.
  'valid for one more second': (options) => ({
    ...options,
    notAfter: new Date(someDay.getTime() + 1000),
  }),
  'no extensions': (options) => ({ ...options, isCa: false }),
  'cA FALSE': (options) => ({
    ...options,
    isCa: false,
    extensions: [extension('basicConstraints', { cA: false }, true)],
  }),
  'version 1': (options) => ({ ...options, isCa: false, version: 0 }),
  'no keyUsage': (options) => ({ ...options, isCa: false, extensions: [isCa] }),
  'no keyCertSign': (options) => ({
    ...options,
    isCa: false,
    extensions: [isCa, extension('keyUsage', ['digitalSignature'], true)],
  }),
  'pathLenConstraint 0': (options) => ({ ...options, isCa: true, pathLen: 0 }),
  'pathLenConstraint 1': (options) => ({ ...options, isCa: true, pathLen: 1 }),
  'an unknown critical extension': (options) => ({ ...options, extensions: [unknown] }),
  'an unknown extension': (options) => ({
    ...options,
    extensions: [{ ...unknown, critical: false }],
  }),
  'an extension twice': (options) => ({ ...options, extensions: [keyIdentifier, keyIdentifier] }),
  'a malformed subjectAltName': (options) => ({
    ...options,
    extensions: [rawExtension('subjectAltName', fromHex('0500'))],
  }),
  'critical extKeyUsage and subjectAltName': (options) => ({
    ...options,
    extensions: [
      extension('extKeyUsage', [oids.cmcRA], true),
      extension('subjectAltName', [{ type: 'dNSName', value: 'a.example' }], true),
    ],
  }),
  'signed by a stranger': (options) => ({
    ...options,
    ...(options.issuer && { issuer: { subject: options.issuer.subject, key: makeKey() } }),
  }),
  'another algorithm inside': (options) => ({
    ...options,
    innerAlgorithm: algorithmIdentifier('ecdsaWithSHA384'),
  }),
  'its issuer in another case': (options) => ({
    ...options,
    ...(options.issuer && {
      issuerName: parseName(formatName(options.issuer.subject).toUpperCase().replace(' ', '  ')),
    }),
  }),
  'another issuer': (options) => ({
    ...options,
    ...(options.issuer && { issuerName: parseName('CN=Nobody,O=Test') }),
  }),
};
const names = Object.keys(changes);

function identifier({ spki }: TestKey): Uint8Array {
  return spki.subjectPublicKey.slice(-20);
}

/** Issue with key identifiers: OpenSSL tries no second issuer of one name without them. */
function issueIdentified({ key = makeKey(), ...options }: IssueOptions): Issued {
  const { extensions = [], issuer, version = 2 } = options;
  const identifiers = [
    extension('subjectKeyIdentifier', identifier(key)),
    ...(issuer
      ? [extension('authorityKeyIdentifier', { keyIdentifier: identifier(issuer.key) })]
      : []),
  ];
  const all = version === 2 ? [...extensions, ...identifiers] : extensions;
  return issue({ ...options, key, extensions: all });
}

function ourVerdict({ leaf, intermediates, anchor }: Pki): string {
  return detail(check(leaf, { intermediates, anchors: [anchor] }));
}

describe('openssl verify', () => {
  it.each(names)('agrees about a chain whose leaf, CA or anchor is changed: %s', (change) => {
    for (const place of [0, 1, 2]) {
      const bend = (level: number, options: IssueOptions): Issued =>
        issueIdentified(level === place ? (changes[change]?.(options) ?? options) : options);
      const anchor = bend(0, { subject: 'CN=Root,O=Test', isCa: true });
      const ca = bend(1, {
        subject: 'CN=Issuer of  EVERYTHING,O=test',
        issuer: anchor,
        isCa: true,
      });
      const leaf = bend(2, { subject: 'CN=gw1', issuer: ca });
      const pki = { leaf, intermediates: [ca], anchor, story: [] };
      const [ours, theirs] = [ourVerdict(pki), opensslVerdict(pki)];
      expect(ours === 'valid', `place ${place}: we say ${ours}, openssl ${theirs}`).toBe(
        theirs === 'valid',
      );
    }
  });
});
