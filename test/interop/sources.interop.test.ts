import { X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { requirePeer } from '../harness/require.ts';
import { makeBench, type Bench, type Outcome } from '../cli/run-cli.ts';
import { pems } from '../http/tls-server.ts';
import { password, vector, vectorCertificate } from '../pkcs/vectors.ts';
import { tlsRoot } from './https-front.ts';
import {
  filePassword,
  fileUser,
  startAtftpd,
  startNginx,
  startProftpd,
  startSlapd,
  startSshd,
  ldapUser,
} from './retrieval-servers.ts';

const files = {
  'device.p12': vector('aes-ec.p12'),
  'ec.crt': vector('ec.crt'),
  'ec.der': vectorCertificate('ec'),
  'ec.key': vector('pkcs8-ec.pem'),
  'clear.p12': vector('no-password.p12'),
};

const env = { PASS: password, FILES: filePassword };

async function importing(bench: Bench, ...words: readonly string[]): Promise<Outcome> {
  const name = ['cert', 'import', 'cert-name', 'device'];
  return await bench.run([...name, ...words], { env });
}

const withKey = {
  code: 0,
  out: expect.stringContaining('(CN=ec,O=Test) is imported with its key'),
};

describe('cert import from sshd', () => {
  it('takes PKCS#12 with a key login and a known host, and refuses the server when its key is another', async (context) => {
    for (const peer of ['openssh-server', 'openssh-client', 'util-linux'] as const) {
      requirePeer(context, peer);
    }
    const sshd = await startSshd(files);
    onTestFinished(() => sshd.close());
    const bench = makeBench();
    const userKey = join(bench.directory, 'user');
    writeFileSync(userKey, sshd.userKey, { mode: 0o600 });
    const knownHosts = join(bench.directory, 'known_hosts');
    const known = (key: string): void =>
      writeFileSync(knownHosts, `[127.0.0.1]:${sshd.port} ${key}\n`);
    known(sshd.publicKeys.ed25519);
    const origin = `sftp://127.0.0.1:${sshd.port}`;
    const who = ['user', sshd.username, 'key-file', userKey, 'known-hosts', knownHosts];
    expect(await bench.run(['retrieval', 'server', origin, ...who])).toMatchObject({ code: 0 });

    const file = ['file', `${origin}${sshd.folder}/device.p12`, 'password', 'env:PASS'];
    expect(await importing(bench, ...file)).toMatchObject({ ...withKey, err: '' });
    const missing = await importing(bench, 'file', `${origin}${sshd.folder}/none`);
    expect(missing.err).toContain('no such file');
    // In clear: nobody on the way of sftp could read it.
    const clear = ['file', `${origin}${sshd.folder}/clear.p12`, 'replace'];
    expect(await importing(bench, ...clear)).toMatchObject({ code: 0 });

    // The key of another server in the place of the one that is known.
    const [type = ''] = sshd.publicKeys.ed25519.split(' ');
    const another = Buffer.from(sshd.publicKeys.ed25519.split(' ')[1] ?? '', 'base64');
    another.writeUInt8((another.at(-1) ?? 0) ^ 1, another.length - 1);
    known(`${type} ${another.toString('base64')}`);
    expect(await importing(bench, ...file)).toMatchObject({
      code: 5,
      err: expect.stringContaining('code: HOST_KEY_UNTRUSTED'),
    });
  });
});

describe('cert import from atftpd', () => {
  it('takes a certificate and an encrypted key, and refuses a key in clear', async (context) => {
    requirePeer(context, 'atftpd');
    const server = await startAtftpd(files);
    onTestFinished(() => server.close());
    const origin = `tftp://127.0.0.1:${server.port}`;
    const words = ['file', `${origin}/ec.crt`, 'key-file', `${origin}/ec.key`];
    expect(await importing(makeBench(), ...words, 'password', 'env:PASS')).toMatchObject(withKey);
    const bench = makeBench();
    expect((await importing(bench, 'file', `${origin}/clear.p12`)).err).toContain(
      'came unencrypted',
    );
    expect(
      await importing(bench, 'file', `${origin}/clear.p12`, 'allow-cleartext-key'),
    ).toMatchObject({ code: 0 });
  });
});

describe('cert import from proftpd', () => {
  it('takes PKCS#12 in the name of a user in the URL', async (context) => {
    requirePeer(context, 'proftpd-core');
    requirePeer(context, 'openssl');
    const server = await startProftpd(files, true);
    onTestFinished(() => server.close());
    const url = `ftp://${fileUser}:${filePassword}@127.0.0.1:${server.port}/device.p12`;
    const words = ['file', url, 'password', 'env:PASS'];
    const { code, out, err } = await importing(makeBench(), ...words);
    expect({ code, out }).toEqual(withKey);
    expect(err).toContain('can see the password in the URL');
    expect(out + err).not.toContain(filePassword);
  });
});

describe('certificate name from nginx', () => {
  it('takes der by https with the anchors and the user of the server', async (context) => {
    requirePeer(context, 'nginx-light');
    requirePeer(context, 'openssl');
    const server = await startNginx(files, true);
    onTestFinished(() => server.close());
    const bench = makeBench(new Date());
    const anchors = join(bench.directory, 'tls.pem');
    writeFileSync(anchors, pems(tlsRoot));
    const origin = `https://127.0.0.1:${server.port}`;
    const name = ['certificate', 'name', 'device', 'der', 'url', `${origin}/ec.der`];
    const key = ['private-key', 'pem', 'url', `${origin}/ec.key`, 'password', 'env:PASS'];
    expect((await bench.run([...name, ...key], { env })).err).toContain('code: TLS_UNTRUSTED');
    const who = ['user', fileUser, 'password', 'env:FILES', 'tls-root', anchors];
    await bench.run(['retrieval', 'server', origin, ...who], { env });
    expect(await bench.run([...name, ...key], { env })).toMatchObject(withKey);
  });
});

describe('ca add from slapd', () => {
  it('takes a root only with its fingerprint over ldap', async (context) => {
    requirePeer(context, 'slapd');
    const server = await startSlapd({ root: vectorCertificate('root') });
    onTestFinished(() => server.close());
    const bench = makeBench();
    const origin = `ldap://127.0.0.1:${server.port}`;
    const who = ['user', ldapUser, 'password', 'env:FILES'];
    expect(await bench.run(['retrieval', 'server', origin, ...who], { env })).toMatchObject({
      code: 0,
      err: expect.stringContaining('unencrypted'),
    });
    const url = `${origin}/cn=root,o=Test?testFile`;
    const add = ['ca', 'add', 'rootA', 'url', 'http://ra.example/', 'root', url];
    expect((await bench.run(add, { env })).err).toContain('Cannot trust root');
    const { fingerprint256 } = new X509Certificate(vector('root.crt'));
    const fingerprint = ['root-fingerprint', fingerprint256];
    expect(await bench.run([...add, ...fingerprint], { env })).toMatchObject({ code: 0 });
  });
});
