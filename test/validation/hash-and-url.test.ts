import { describe, expect, it } from 'vitest';
import { toDer } from '../../src/asn1/codec.ts';
import { utf8 } from '../../src/base/bytes.ts';
import { CertError } from '../../src/base/errors.ts';
import { digest } from '../../src/crypto/digest.ts';
import { retrieve } from '../../src/retrieval/retrieve.ts';
import type { Fetch } from '../../src/validation/crl-fetcher.ts';
import { certificateFetcher, type HashAndUrl } from '../../src/validation/hash-and-url.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import { CertificateBundle } from '../../src/x509/certificate-bundle.ts';
import { leaf, root, sub } from '../harness/paths.ts';
import { makeCrl } from '../revocation/crl-made.ts';
import { crl, judge, type Judged, type Seen } from './judged.ts';
import { responderAt } from './ocsp-asked.ts';

const leafDer = certificateDer(leaf.certificate);
const subDer = certificateDer(sub.certificate);
const bundle = toDer(CertificateBundle, [
  { type: 'cert', value: leafDer },
  { type: 'crl', value: makeCrl(sub) },
  { type: 'cert', value: subDer },
]);

const files = new Map([
  ['http://h.example/leaf', leafDer],
  ['ftp://h.example/sub', subDer],
  ['http://h.example/bundle', bundle],
  ['http://h.example/other', utf8('something else')],
]);

function named(url: string, octets: Uint8Array, of: HashAndUrl['of'] = 'certificate'): HashAndUrl {
  return { of, sha1: digest('sha1', octets), url };
}

const ofLeaf = named('http://h.example/leaf', leafDer);
const ofSub = named('ftp://h.example/sub', subDer);
const ofBundle = named('http://h.example/bundle', bundle, 'bundle');

interface Site {
  readonly asked: readonly string[];
  readonly fetcher: ReturnType<typeof certificateFetcher>;
}

function site(by?: Fetch): Site {
  const asked: string[] = [];
  const fetchNamed: Fetch = async (url, options) => {
    asked.push(url);
    if (by) return await by(url, options);
    const file = files.get(url);
    if (file) return file;
    throw new CertError('HTTP_STATUS', `Cannot fetch "${url}": HTTP status 404`);
  };
  return { asked, fetcher: certificateFetcher({ fetchNamed }) };
}

const never = new AbortController().signal;

/** Judge a peer that names its certificates; the CRLs say that none is revoked. */
async function judgeBy(judged: Judged, at: Site = site()): Promise<Seen> {
  return await judge({
    chain: [],
    crls: [crl(root), crl(sub)],
    certificates: at.fetcher,
    ...judged,
    policy: { certHashUrl: true, ...judged.policy },
  });
}

function codes({ verdict }: Seen): readonly string[] {
  return verdict.reasons.map(({ code }) => code);
}

describe('certificates that a peer names by hash and URL', () => {
  it.each([
    ['one by one', [ofLeaf, ofSub]],
    ['in a bundle, of whose CRLs nothing is taken', [ofBundle]],
  ])('are fetched before the path is looked for: %s', async (_, hashAndUrl) => {
    const { verdict } = await judgeBy({ hashAndUrl });
    expect(verdict).toMatchObject({ verdict: 'accept', reasons: [] });
    expect(verdict.path).toHaveLength(2);
  });

  it('go along with those it sends', async () => {
    const { verdict } = await judgeBy({ chain: [leaf], hashAndUrl: [ofSub] });
    expect(verdict.verdict).toBe('accept');
  });

  it('are not fetched where the policy does not say so, nor without what fetches', async () => {
    const at = site();
    const off = await judgeBy({ hashAndUrl: [ofLeaf], policy: { certHashUrl: false } }, at);
    expect(codes(off)).toStrictEqual(['certificate-not-fetched']);
    expect(at.asked).toStrictEqual([]);
    const { verdict } = await judge({
      chain: [],
      hashAndUrl: [ofLeaf],
      policy: { certHashUrl: true },
    });
    expect(verdict.reasons[0]?.code).toBe('certificate-not-fetched');
  });

  it('are nothing when the hash is another', async () => {
    const seen = await judgeBy({ hashAndUrl: [{ ...ofLeaf, sha1: ofSub.sha1 }] });
    expect(codes(seen)).toStrictEqual(['certificate-not-fetched']);
    expect(seen.verdict.reasons[0]?.detail).toContain('another hash');
  });

  it('are no own certificate when the first one did not come', async () => {
    const gone = named('http://h.example/gone', leafDer);
    expect(codes(await judgeBy({ hashAndUrl: [gone, ofSub] }))).toStrictEqual([
      'certificate-not-fetched',
    ]);
  });

  it('are not missed where a path is found without them, and are told of where none is', async () => {
    const gone = named('http://h.example/gone', subDer);
    const found = await judgeBy({ chain: [leaf, sub], hashAndUrl: [gone] });
    expect(found.verdict.verdict).toBe('accept');
    const without = await judgeBy({ chain: [leaf], hashAndUrl: [gone] });
    expect(codes(without)).toStrictEqual(['untrusted', 'certificate-not-fetched']);
  });

  it('are no more than a chain has', async () => {
    const at = site();
    const many = Array.from({ length: 5 }, () => ofSub);
    expect(codes(await judgeBy({ hashAndUrl: many }, at))).toStrictEqual(['search-exhausted']);
    expect(at.asked).toStrictEqual([]);
  });

  it('keep nobody waiting beyond the deadline', async () => {
    const slow = site(() => new Promise(() => undefined));
    const seen = await judgeBy({ hashAndUrl: [ofLeaf], policy: { deadlineMs: 1 } }, slow);
    expect(codes(seen)).toStrictEqual(['certificate-not-fetched']);
  });
});

/** Put a tag and a length around more than 127 octets. */
function wrapped(tag: number, octets: Uint8Array): Uint8Array {
  const { length } = octets;
  const size = length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Uint8Array.from([tag, ...size, ...octets]);
}

describe('CertificateBundle', () => {
  it('is a sequence with an explicit tag around each, as the module of RFC 7296 section 3.6 has it', () => {
    const list = makeCrl(sub);
    const inside = [...wrapped(0xa0, leafDer), ...wrapped(0xa1, list)];
    const made = toDer(CertificateBundle, [
      { type: 'cert', value: leafDer },
      { type: 'crl', value: list },
    ]);
    expect(Buffer.from(made)).toStrictEqual(Buffer.from(wrapped(0x30, Uint8Array.from(inside))));
  });
});

describe('a place of certificates', () => {
  it.each([
    ['of a file', 'file:///etc/passwd'],
    ['of a path', '/etc/passwd'],
    ['of another scheme', 'https://h.example/leaf'],
    ['of a directory', 'ldap://h.example/cn=a?userCertificate'],
    ['with a password', 'http://me:secret@h.example/leaf'],
    ['that is none', 'nowhere'],
    ['of another host', 'http://169.254.169.254/latest'],
  ])('%s is not gone to', async (_, url) => {
    const { fetcher, asked } = site();
    const got = await fetcher.fetch(named(url, leafDer), { hosts: ['h.example'] }, never);
    expect(got).toMatchObject({ type: 'unavailable', code: 'no-source' });
    expect(asked).toStrictEqual([]);
  });

  it.each(['127.0.0.1', '[::1]', 'LOCALHOST.', '0x7f000001', '[::ffff:169.254.169.254]', '0'])(
    'on this machine or its link, %s, is not gone to unless it is allowed by name',
    async (host) => {
      const { fetcher, asked } = site(async () => leafDer);
      const near = named(`http://${host}:8080/leaf`, leafDer);
      expect(await fetcher.fetch(near, {}, never)).toMatchObject({ code: 'no-source' });
      const ftp = named(`ftp://${host}/leaf`, leafDer);
      expect(await fetcher.fetch(ftp, {}, never)).toMatchObject({ code: 'no-source' });
      expect(asked).toStrictEqual([]);
      const hosts = [host.replace(/^\[(.*)\]$/, '$1')];
      expect(await fetcher.fetch(near, { hosts }, never)).toMatchObject({ type: 'fetched' });
    },
  );

  it('is gone to once for what it gave with that hash', async () => {
    const { fetcher, asked } = site();
    const both = [fetcher.fetch(ofLeaf, {}, never), fetcher.fetch(ofLeaf, {}, never)];
    expect(await Promise.all(both)).toMatchObject([{ type: 'fetched' }, { type: 'fetched' }]);
    await fetcher.fetch(ofLeaf, {}, never);
    expect(asked).toHaveLength(1);
  });

  it('that gives something else is gone to again', async () => {
    const { fetcher, asked } = site();
    const other = { ...ofLeaf, url: 'http://h.example/other' };
    for (let i = 0; i < 2; i++) {
      expect(await fetcher.fetch(other, {}, never)).toMatchObject({ code: 'malformed' });
    }
    expect(asked).toHaveLength(2);
  });

  it('gives no bundle where a certificate is, and no certificates where a bundle has none', async () => {
    const { fetcher } = site();
    const notOne = { ...ofLeaf, of: 'bundle' } as const;
    expect(await fetcher.fetch(notOne, {}, never)).toMatchObject({ code: 'malformed' });
  });

  it('is asked with seven others at the most', async () => {
    const release = Promise.withResolvers<Uint8Array>();
    const { fetcher, asked } = site(() => release.promise);
    const all = Array.from({ length: 20 }, (_, i) =>
      fetcher.fetch({ ...ofLeaf, url: `http://h.example/${i}` }, {}, never),
    );
    await new Promise((resolve) => setImmediate(resolve));
    expect(asked).toHaveLength(8);
    release.resolve(leafDer);
    await Promise.all(all);
    expect(asked).toHaveLength(20);
  });

  it('does not send us anywhere else', async () => {
    const { url } = await responderAt((_request, out) => {
      out.writeHead(302, { location: 'http://169.254.169.254/' }).end();
    });
    const { fetcher } = site(retrieve);
    expect(await fetcher.fetch(named(url, leafDer), { hosts: ['127.0.0.1'] }, never)).toMatchObject(
      {
        code: 'http-status',
      },
    );
  });
});
