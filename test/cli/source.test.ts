import type { ServerResponse } from 'node:http';
import { X509Certificate } from 'node:crypto';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { run } from '../../src/cli/run.ts';
import { password, vector, vectorPath } from '../pkcs/vectors.ts';
import { openFakeSftp } from '../retrieval/fake-sftp.ts';
import { fakeIo } from './fake-io.ts';
import { makeBench, type Bench, type Outcome } from './run-cli.ts';
import { serveFiles, type Answer } from './serve-files.ts';

const env = { PASS: password };

async function importing(
  words: readonly string[],
  bench: Bench = makeBench(),
  typed: { readonly env?: Readonly<Record<string, string>> } = { env },
): Promise<Outcome> {
  return await bench.run(['cert', 'import', 'cert-name', 'device', ...words], typed);
}

const certificate = { '/ec.crt': vector('ec.crt') };

describe('a file to be read', () => {
  it('is taken by a file URL, and by a path that only looks like one', async () => {
    const bench = makeBench();
    const byUrl = ['file', pathToFileURL(vectorPath('ec.crt')).href];
    expect(await importing(byUrl, bench)).toMatchObject({ code: 0 });
    mkdirSync(join(bench.directory, 'http:'));
    writeFileSync(join(bench.directory, 'http:/ec.crt'), vector('ec.crt'));
    const looksLikeOne = ['file', `${bench.directory}/./http:/ec.crt`];
    expect((await importing(looksLikeOne, bench)).out).toContain('is here already');
  });

  it.each(['file:ec.crt', 'file:', 'file://other.example/ec.crt', 'scp://host/ec.crt'])(
    'is not taken by "%s"',
    async (url) => {
      const { code, err } = await importing(['file', url]);
      expect({ code, err }).toEqual({
        code: 3,
        err: expect.stringContaining('code: CONFIG_INVALID'),
      });
    },
  );

  it('comes over http, with its chain from elsewhere', async () => {
    const host = await serveFiles({ ...certificate, '/sub.crt': vector('sub.crt') });
    const words = ['file', `${host.origin}/ec.crt`, 'chain-file', `${host.origin}/sub.crt`];
    const { code, out } = await importing(words);
    expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining('1 issuer') });
    expect(host.requests).toEqual(['/ec.crt', '/sub.crt']);
  });

  it('is decoded by URL, and no store is made for that', async () => {
    const { origin } = await serveFiles(certificate);
    const bench = makeBench();
    const { code, out } = await bench.run(['decode', `${origin}/ec.crt`]);
    expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining('CN=ec') });
    expect(readdirSync(bench.directory)).toEqual([]);
  });

  it.each<[string, Answer, string]>([
    ['has no end', endless, 'RESPONSE_TOO_LARGE'],
    ['is announced too large', announced, 'RESPONSE_TOO_LARGE'],
    ['is cut off', cutOff, 'NETWORK_UNREACHABLE'],
    ['is a redirect to a file', redirect('file:///etc/hostname'), 'HTTP_STATUS'],
    ['is a redirect to another scheme', redirect('ftp://files.example/ec.crt'), 'HTTP_STATUS'],
    [
      'is an error of the server',
      (_, response) => void response.writeHead(500).end('x'),
      'HTTP_STATUS',
    ],
    ['is empty', new Uint8Array(), 'FILE_UNREADABLE'],
    ['is a page', Buffer.from('<html>Log in</html>'), 'PEM_MALFORMED'],
  ])('is refused when it %s, and nothing is kept', async (_, answer, code) => {
    const { origin } = await serveFiles({ '/ec.crt': answer });
    const bench = makeBench();
    const { err } = await importing(['file', `${origin}/ec.crt`], bench);
    expect(err).toContain(`code: ${code}`);
    expect(await bench.withStore((store) => store.certificates.current('device'))).toBeUndefined();
  });

  it('may be given up while its server trickles', async () => {
    const io = fakeIo({ env: {} });
    const { origin } = await serveFiles({
      '/slow': (_, response) => {
        response.writeHead(200).write('-');
        io.abort();
      },
    });
    expect(await run(['decode', `${origin}/slow`], io)).toBe(3);
    expect(io.err()).toContain('Interrupted fetching');
  });
});

describe('a private key', () => {
  const key = { '/key.pem': vector('pkcs8-ec.pem'), '/clear.pem': clearKey() };

  it('that needs no password is not even fetched over http', async () => {
    const host = await serveFiles({ ...certificate, ...key });
    const words = ['file', vectorPath('ec.crt'), 'key-file', `${host.origin}/key.pem`];
    const { code, err } = await importing(words);
    expect({ code, err }).toEqual({ code: 3, err: expect.stringContaining('code: KEY_UNUSABLE') });
    expect(err).toContain('anybody on the way could read');
    expect(host.requests).toEqual([]);
  });

  it('comes over http when it is encrypted', async () => {
    const { origin } = await serveFiles(key);
    const words = ['file', vectorPath('ec.crt'), 'key-file', `${origin}/key.pem`];
    expect(await importing([...words, 'password', 'env:PASS'])).toMatchObject({
      code: 0,
      out: expect.stringContaining('with its key'),
    });
  });

  it.each([
    [
      'a key-file',
      (origin: string) => ['file', vectorPath('ed25519.crt'), 'key-file', `${origin}/clear.pem`],
    ],
    ['the file itself', (origin: string) => ['file', `${origin}/clear.pem`]],
    ['PKCS#12', (origin: string) => ['file', `${origin}/clear.p12`]],
    [
      'PKCS#12 whose password is that of its MAC',
      (origin: string) => ['file', `${origin}/mac.p12`],
    ],
  ])('that came in clear as %s is refused, although there is a password', async (_, words) => {
    const { origin } = await serveFiles({
      ...key,
      '/clear.p12': vector('no-password.p12'),
      '/mac.p12': vector('clear.p12'),
    });
    const { err } = await importing([...words(origin), 'password', 'env:PASS']);
    expect(err).toContain('came unencrypted');
    expect(err).toContain('allow-cleartext-key');
  });

  it('comes in clear when the operator says so', async () => {
    const { origin } = await serveFiles({ '/clear.p12': vector('no-password.p12') });
    const words = ['file', `${origin}/clear.p12`, 'allow-cleartext-key'];
    expect(await importing(words)).toMatchObject({ code: 0 });
  });

  it('for a request is held to the same', async () => {
    const { origin } = await serveFiles(key);
    const words = ['subject-name', 'CN=gw1', 'key-file', `${origin}/clear.pem`];
    const { err } = await makeBench().run(['cmp', 'initialize', 'cert-name', 'gw1', ...words]);
    expect(err).toContain('anybody on the way could read');
  });
});

describe('user and password of a URL', () => {
  it('are sent, with a warning, and are in no message', async () => {
    const host = await serveFiles(certificate);
    const url = host.origin.replace('http://', 'http://agent:s3%40cret@');
    const { code, out, err } = await importing(['file', `${url}/ec.crt`]);
    expect(code).toBe(0);
    const both = Buffer.from('agent:s3@cret').toString('base64');
    expect(host.requests).toEqual([`/ec.crt Basic ${both}`]);
    expect(err).toContain('can see the password in the URL of file');
    expect(out + err).not.toMatch(/s3(?:%40|@)cret/);
  });

  it.each([[['--json']], [['--verbose']], [[]]])('are in no error, with %j', async (options) => {
    const host = await serveFiles({});
    const url = `${host.origin.replace('http://', 'http://agent:s3cret@')}/none`;
    const { out, err } = await importing(['file', url, ...options]);
    expect(out + err).toContain('/none');
    expect(out + err).not.toContain('s3cret');
  });

  it('are in no error where a keyword was forgotten', async () => {
    const url = 'ftp://agent:s3cret@files.example/ec.crt';
    expect((await importing([url])).err).not.toContain('s3cret');
    for (const words of [[url], ['cert', url], ['decode', 'x', url], ['show', 'cert', url]]) {
      const { out, err } = await makeBench().run(words);
      expect(err).toContain('error: ');
      expect(out + err).not.toContain('s3cret');
    }
  });
});

describe('a server that is set up', () => {
  const right = { env: { SFTP: 's3cret' } };

  it('is asked in the name of its user, and believed by its host key', async () => {
    const { bench, url, set } = await sftp();
    expect(set).toMatchObject({ code: 0, err: '' });
    expect(await importing(['file', url], bench, right)).toMatchObject({ code: 0 });
    const shown = await bench.run(['show', 'retrieval', '--json'], right);
    expect(shown.out).toContain('env:SFTP');
    expect(shown.out).not.toContain('s3cret');
  });

  it('is not believed with another host key than before', async () => {
    const { bench, url } = await sftp(`SHA256:${'A'.repeat(43)}`);
    const { code, err } = await importing(['file', url], bench, right);
    expect({ code, err }).toEqual({
      code: 5,
      err: expect.stringContaining('code: HOST_KEY_UNTRUSTED'),
    });
  });

  it('is not shown the password of one user in the name of another', async () => {
    const { bench, url } = await sftp();
    const other = url.replace('sftp://', 'sftp://other@');
    const { err } = await importing(['file', other], bench, right);
    expect(err).toContain('Cannot read the secret for password of "other"');
  });

  it('is not reached by sftp before its host key is known, and is forgotten when told to', async () => {
    const { bench, url } = await sftp();
    const origin = url.replace('/ec.crt', '');
    expect(await bench.run(['no', 'retrieval', 'server', origin])).toMatchObject({ code: 0 });
    const withUser = url.replace('sftp://', 'sftp://agent:s3cret@');
    const { err } = await importing(['file', withUser], bench);
    expect(err).toContain('no host key is configured');
    expect(await bench.run(['no', 'retrieval', 'server', origin])).toMatchObject({ code: 3 });
  });

  it('is believed by an anchor from the open network when its fingerprint is known', async () => {
    const { origin } = await serveFiles({ '/root.crt': vector('root.crt') });
    const bench = makeBench();
    const words = ['retrieval', 'server', 'https://h', 'tls-root', `${origin}/root.crt`];
    expect((await bench.run(words)).err).toContain('Cannot trust tls-root');
    const { fingerprint256 } = new X509Certificate(vector('root.crt'));
    const known = await bench.run([...words, 'root-fingerprint', fingerprint256]);
    expect(known).toMatchObject({ code: 0, err: '' });
    expect((await bench.run(['show', 'retrieval'])).out).toContain('CN=Root,O=Test');
  });

  it.each([
    [
      'a literal password',
      ['sftp://h', 'user', 'u', 'password', 's3cret'],
      'only where it comes from',
    ],
    ['a path', ['sftp://h/x'], 'it has a path'],
    ['a user in the URL', ['sftp://u:s3cret@h'], 'with a user name or password in it'],
    [
      'a fingerprint that is none',
      ['sftp://h', 'host-key', 'MD5:00'],
      'as fingerprint of a host key',
    ],
    ['a host key of ftp', ['ftp://h', 'host-key', `SHA256:${'A'.repeat(43)}`], 'sftp only'],
    ['anchors of http', ['http://h', 'tls-root', vectorPath('root.crt')], 'https and ldaps'],
    ['a password without user', ['ftp://h', 'password', 'env:X'], 'without user'],
    ['no server', ['files.example'], 'neither a URL nor an absolute path'],
    ['a file', ['file:///etc'], 'it names no host'],
    ['known_hosts that is not there', ['sftp://h', 'known-hosts', '/nonexistent'], 'no such file'],
  ])('is not set up with %s', async (_, words, why) => {
    const bench = makeBench();
    const { code, out, err } = await bench.run(['retrieval', 'server', ...words]);
    expect(code).toBeGreaterThan(1);
    expect(err).toContain(why);
    expect(out + err).not.toContain('s3cret');
    expect((await bench.run(['show', 'retrieval'])).out).toContain('No server is set up');
  });
});

/** Serve a certificate by sftp to one user, and set the server up, perhaps with a wrong fingerprint. */
async function sftp(fingerprint?: string): Promise<{ bench: Bench; url: string; set: Outcome }> {
  const octets = vector('ec.crt');
  const server = await openFakeSftp({
    '/ec.crt': {
      size: octets.length,
      read: (offset, length) => Buffer.from(octets.subarray(offset, offset + length)),
    },
  });
  onTestFinished(() => server.close());
  const bench = makeBench();
  const origin = `sftp://127.0.0.1:${server.port}`;
  const who = ['user', 'agent', 'password', 'env:SFTP', 'host-key'];
  const set = await bench.run([
    'retrieval',
    'server',
    origin,
    ...who,
    fingerprint ?? server.fingerprint,
  ]);
  return { bench, url: `${origin}/ec.crt`, set };
}

/** An Ed25519 key of nobody. */
function clearKey(): Uint8Array {
  return Buffer.from(`-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB
-----END PRIVATE KEY-----
`);
}

function endless(_request: unknown, response: ServerResponse): void {
  response.writeHead(200);
  const chunk = Buffer.alloc(65_536, 'x');
  const more = (): void => {
    while (!response.destroyed && response.write(chunk));
  };
  response.on('drain', more).on('error', () => {});
  more();
}

function announced(_request: unknown, response: ServerResponse): void {
  response.writeHead(200, { 'content-length': 4_194_305 }).flushHeaders();
}

function cutOff(_request: unknown, response: ServerResponse): void {
  response.writeHead(200, { 'content-length': 100 }).write('-----BEGIN', () => response.destroy());
}

function redirect(location: string): Answer {
  return (_, response) => void response.writeHead(302, { location }).end();
}
