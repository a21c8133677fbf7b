import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { encodePem } from '../../src/asn1/pem.ts';
import { ftpRetriever } from '../../src/retrieval/ftp.ts';
import type { HostKeys } from '../../src/retrieval/host-keys.ts';
import { ldapRetriever } from '../../src/retrieval/ldap.ts';
import { usualLimits, type Credentials } from '../../src/retrieval/retriever.ts';
import { sftpRetriever } from '../../src/retrieval/sftp.ts';
import { hasPeer, requirePeer } from '../harness/require.ts';
import { openHostileServer } from '../http/hostile-server.ts';
import { ders, issueCa, keyPem, pems } from '../http/tls-server.ts';
import { failure } from '../retrieval/contract.ts';
import { tlsRoot, written } from './https-front.ts';
import {
  filePassword,
  fileUser,
  ldapUser,
  startProftpd,
  startSlapd,
  startSshd,
  type FileServer,
  type Slapd,
  type Sshd,
} from './retrieval-servers.ts';

const limits = usualLimits;

describe('sftpRetriever against sshd', () => {
  let made: Sshd | undefined;
  beforeEach((context) => {
    requirePeer(context, 'openssh-server');
    requirePeer(context, 'openssh-client');
  });
  beforeAll(async () => {
    if (!hasPeer('openssh-server') || !hasPeer('openssh-client')) return;
    made = await startSshd({ 'ca.crl': Buffer.from('a CRL') });
    symlinkSync('ca.crl', join(made.folder, 'current.crl'));
    mkdirSync(join(made.folder, 'folder'));
    execFileSync('mkfifo', [join(made.folder, 'pipe')]);
  });
  afterAll(async () => await made?.close());

  function sshd(): Sshd {
    if (made === undefined) throw new Error('no server');
    return made;
  }

  async function fetch(path: string, hostKeys?: HostKeys): Promise<string> {
    const { username, userKey, port, fingerprints } = sshd();
    const known: HostKeys = { type: 'fingerprints', fingerprints: [fingerprints.ed25519] };
    const file = await sftpRetriever(hostKeys ?? known).retrieve({
      url: `sftp://127.0.0.1:${port}${path}`,
      limits,
      credentials: { type: 'key', username, privateKey: userKey },
    });
    return Buffer.from(file).toString();
  }

  it('serves a symbolic link, and a path from the home of the user', async () => {
    expect(await fetch(`${sshd().folder}/current.crl`)).toBe('a CRL');
    // The home is where the server was told to begin.
    expect(await fetch('/~/ca.crl')).toBe('a CRL');
  });

  it.each(['folder', 'pipe'])('refuses what is no file: %s', async (name) => {
    const error = await failure(fetch(`${sshd().folder}/${name}`));
    expect(error.code).toBe('RETRIEVAL_REFUSED');
    expect(error.message).toContain('not a regular file');
  });

  it.each(['ed25519', 'rsa'] as const)(
    'takes the server by its %s key in known_hosts',
    async (type) => {
      const { port, publicKeys, folder } = sshd();
      const path = written('known_hosts', `[127.0.0.1]:${port} ${publicKeys[type]}\n`);
      expect(await fetch(`${folder}/ca.crl`, { type: 'known-hosts', path })).toBe('a CRL');
    },
  );

  it('takes no server with another key, and never says who we are', async () => {
    const wrong = `SHA256:${'A'.repeat(43)}`;
    const { folder, fingerprints, log } = sshd();
    const before = log().length;
    const error = await failure(
      fetch(`${folder}/ca.crl`, { type: 'fingerprints', fingerprints: [wrong] }),
    );
    expect(error.code).toBe('HOST_KEY_UNTRUSTED');
    expect(error.message).toContain(fingerprints.ed25519);
    expect(error.message).toContain(wrong);
    expect(log().slice(before)).not.toContain('Accepted');
  });

  it('takes no server whose key is that of another host', async () => {
    const { folder, publicKeys } = sshd();
    const path = written('known_hosts', `other.example ${publicKeys.ed25519}\n`);
    const error = await failure(fetch(`${folder}/ca.crl`, { type: 'known-hosts', path }));
    expect(error.code).toBe('CONFIG_INVALID');
  });

  it('opens an encrypted key with its passphrase, and says what is wrong with another', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'certkeeper-key-'));
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
    const { username, userKey, port, fingerprints, folder } = sshd();
    const path = join(directory, 'key');
    writeFileSync(path, userKey, { mode: 0o600 });
    execFileSync('ssh-keygen', ['-q', '-p', '-N', 'passphr4se', '-f', path], { stdio: 'pipe' });
    const retriever = sftpRetriever({
      type: 'fingerprints',
      fingerprints: [fingerprints.ed25519],
    });
    const go = async (passphrase?: string, privateKey = readFileSync(path)): Promise<Uint8Array> =>
      await retriever.retrieve({
        url: `sftp://127.0.0.1:${port}${folder}/ca.crl`,
        limits,
        credentials: {
          type: 'key',
          username,
          privateKey,
          ...(passphrase !== undefined && { passphrase: Buffer.from(passphrase) }),
        },
      });
    expect(Buffer.from(await go('passphr4se')).toString()).toBe('a CRL');
    for (const wrong of ['another', undefined]) {
      expect((await failure(go(wrong))).code).toBe('KEY_UNUSABLE');
    }
    expect((await failure(go(undefined, Buffer.from('no key')))).code).toBe('KEY_UNUSABLE');
  });

  it('asks for a user', async () => {
    const { port, fingerprints } = sshd();
    const known: HostKeys = { type: 'fingerprints', fingerprints: [fingerprints.ed25519] };
    const url = `sftp://127.0.0.1:${port}/x`;
    expect((await failure(sftpRetriever(known).retrieve({ url, limits }))).code).toBe(
      'CONFIG_INVALID',
    );
  });
});

describe('ldapRetriever against slapd', () => {
  const ca = issueCa('CN=Issuing-A,O=Test');
  const [caDer = new Uint8Array()] = ders(ca);
  const trap = { port: 0, isVisited: false };
  let made: Slapd | undefined;
  let crl: Buffer = Buffer.alloc(0);
  let closeTrap: (() => Promise<void>) | undefined;
  beforeEach((context) => {
    requirePeer(context, 'slapd');
    requirePeer(context, 'openssl');
  });
  beforeAll(async () => {
    if (!hasPeer('slapd') || !hasPeer('openssl')) return;
    const away = await openHostileServer(() => {
      trap.isVisited = true;
    });
    trap.port = away.port;
    closeTrap = away.close;
    crl = makeCrl();
    made = await startSlapd(
      { first: Buffer.from('first'), second: Buffer.from('second') },
      [
        entry('cn=Issuing-A,o=Test', 'cRLDistributionPoint', {
          'certificateRevocationList;binary': crl,
        }),
        entry('cn=Issuing-A CA,o=Test', 'pkiCA', {
          'cACertificate;binary': caDer,
          'certificateRevocationList;binary': crl,
        }),
        `dn: ou=away,o=Test\nobjectClass: referral\nobjectClass: extensibleObject\nou: away\nref: ldap://127.0.0.1:${trap.port}/o=Test\n`,
      ].join('\n'),
    );
  });
  afterAll(async () => {
    await made?.close();
    await closeTrap?.();
  });

  function makeCrl(): Buffer {
    const directory = mkdtempSync(join(tmpdir(), 'certkeeper-crl-'));
    try {
      const file = (name: string, text: string): string => {
        writeFileSync(join(directory, name), text);
        return join(directory, name);
      };
      file('index.txt', '');
      const config = `[ca]\ndefault_ca=d\n[d]\ndatabase=${directory}/index.txt\ndefault_md=sha256\ndefault_crl_days=7\n`;
      const argv = ['ca', '-gencrl', '-config', file('ca.cnf', config)];
      const signer = ['-keyfile', file('ca.key', keyPem(ca)), '-cert', file('ca.pem', pems(ca))];
      const pem = execFileSync('openssl', [...argv, ...signer], { stdio: 'pipe' });
      return execFileSync('openssl', ['crl', '-outform', 'DER'], { input: pem });
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  }

  async function fetch(rest: string, anchors = ders(tlsRoot), isSecure = false): Promise<Buffer> {
    if (made === undefined) throw new Error('no server');
    const at = isSecure ? `ldaps://127.0.0.1:${made.tlsPort}` : `ldap://127.0.0.1:${made.port}`;
    const file = await ldapRetriever({ anchors }).retrieve({
      url: `${at}/${rest}`,
      limits,
      credentials: { type: 'password', username: ldapUser, password: Buffer.from(filePassword) },
    });
    return Buffer.from(file);
  }

  it.each([
    'cn=Issuing-A,o=Test?certificateRevocationList;binary?base?(objectClass=cRLDistributionPoint)',
    'cn=Issuing-A,o=Test?certificateRevocationList;binary',
    'cn=Issuing-A,o=Test?certificateRevocationList',
    'cn=Issuing-A,o=Test?certificaterevocationlist',
    'CN=issuing-a,O=test?CERTIFICATEREVOCATIONLIST;BINARY?BASE',
    'cn=Issuing-A%20CA,o=Test?certificateRevocationList;binary',
    'o=Test?certificateRevocationList;binary?one?cn=Issuing-A',
    'o=Test?certificateRevocationList;binary?sub?(%26(cn=Issuing-A%20CA)(objectClass=pkiCA))',
  ])('fetches a CRL by %s', async (rest) => {
    expect((await fetch(rest)).equals(crl)).toBe(true);
  });

  it('fetches the certificate of a CA', async () => {
    const rest = 'cn=Issuing-A%20CA,o=Test?cACertificate;binary';
    expect(encodePem('CERTIFICATE', await fetch(rest))).toBe(pems(ca));
  });

  it('takes the first of several entries', async () => {
    const found = await fetch('o=Test?testFile?sub?(testFile=*)');
    expect(['first', 'second']).toContain(found.toString());
  });

  it.each([
    ['a referral', 'cn=x,ou=away,o=Test?testFile'],
    ['nothing but a reference', 'o=Test?testFile?one?(cn=nobody)'],
  ])('does not go where %s leads', async (_, rest) => {
    const error = await failure(fetch(rest));
    expect(error.code, error.message).toBe('RETRIEVAL_REFUSED');
    expect(error.hint).toContain('Referrals are not followed');
    expect(trap.isVisited).toBe(false);
  });

  it('tells an entry without the attribute from one that is not there', async () => {
    const without = await failure(fetch('cn=first,o=Test?cACertificate;binary'));
    expect(without.message).toContain('no entry with a value of "cACertificate;binary"');
    const nobody = await failure(fetch('cn=nobody,o=Test?testFile'));
    expect(nobody.message).toContain('no such entry');
  });

  it('takes no server over ldaps that it was not told to trust', async () => {
    const rest = 'cn=first,o=Test?testFile';
    expect((await fetch(rest, ders(tlsRoot), true)).toString()).toBe('first');
    const error = await failure(fetch(rest, ders(ca), true));
    expect(error.code).toBe('TLS_UNTRUSTED');
  });
});

describe('ftpRetriever against proftpd', () => {
  let made: FileServer | undefined;
  const credentials: Credentials = {
    type: 'password',
    username: fileUser,
    password: Buffer.from(filePassword),
  };
  beforeEach((context) => requirePeer(context, 'proftpd-core'));
  beforeAll(async () => {
    if (!hasPeer('proftpd-core') || !hasPeer('openssl')) return;
    made = await startProftpd({ 'a b': Buffer.from('text\n'), ' led': Buffer.from('blank') }, true);
    mkdirSync(join(made.folder, 'folder'));
  });
  afterAll(async () => await made?.close());

  async function fetch(path: string, as?: Credentials): Promise<string> {
    if (made === undefined) throw new Error('no server');
    const url = `ftp://127.0.0.1:${made.port}/${path}`;
    const file = await ftpRetriever.retrieve({ url, limits, ...(as && { credentials: as }) });
    return Buffer.from(file).toString();
  }

  it('fetches by a path from where the login leads, and by one from the root', async () => {
    expect(await fetch('a%20b;type=i', credentials)).toBe('text\n');
    expect(await fetch('%20led', credentials)).toBe('blank');
    const folder = made?.folder.replaceAll('/', '%2F') ?? '';
    expect(await fetch(`${folder}/a%20b`, credentials)).toBe('text\n');
  });

  it('refuses a directory', async () => {
    expect((await failure(fetch('folder', credentials))).code).toBe('RETRIEVAL_REFUSED');
  });

  it('says who is refused when nobody was named', async () => {
    const error = await failure(fetch('a%20b'));
    expect(error.code).toBe('RETRIEVAL_REFUSED');
    expect(error.message).toContain('"anonymous"');
  });
});

function entry(
  dn: string,
  objectClass: string,
  values: Readonly<Record<string, Uint8Array>>,
): string {
  const cn = /^cn=([^,]*)/.exec(dn)?.[1] ?? '';
  const structural = objectClass === 'pkiCA' ? ['applicationProcess', 'pkiCA'] : [objectClass];
  return [
    `dn: ${dn}`,
    ...structural.map((name) => `objectClass: ${name}`),
    `cn: ${cn}`,
    ...Object.entries(values).map(
      ([name, octets]) => `${name}:: ${Buffer.from(octets).toString('base64')}`,
    ),
    '',
  ].join('\n');
}
