import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { requirePeer } from '../harness/require.ts';
import { opensslEnv } from './openssl/pki.ts';
import { buildOnce, openResponderScene, type ResponderScene } from './responder-scene.ts';

const promised = promisify(execFile);

beforeAll(buildOnce);

beforeEach((context) => {
  requirePeer(context, 'openssl');
  requirePeer(context, 'curl');
});

/** An agent that has a response for its own certificate. */
async function stapled(more = ''): Promise<ResponderScene> {
  const scene = await openResponderScene(more);
  await scene.done('staple add gw1 target listener');
  return scene;
}

/** Whatever is asked of certificates of the lab, by the OCSP object `hq`. */
async function relaying(more = ''): Promise<ResponderScene> {
  const scene = await stapled();
  const { done, directory, port } = scene;
  const pem = (name: string): string => join(directory, `${name}.pem`);
  await done(
    `ca add site url http://127.0.0.1:1/ root ${pem('root')} intermediate ${pem('issuing')}`,
  );
  const responder = /OCSP - URI:(\S+)/.exec(await textOf((await scene.own()).path))?.[1] ?? '';
  await done(
    `ocsp verify-object hq url ${responder} verify-others off ca-chain site profile rfc6960 timeout 5000 cache-error-timeout 60`,
  );
  await done(`staple responder listen 127.0.0.1:${port} for-ca site ocsp-object hq${more}`);
  return scene;
}

async function textOf(path: string): Promise<string> {
  const argv = ['x509', '-in', path, '-noout', '-text'];
  return (await promised('openssl', argv, { env: opensslEnv() })).stdout;
}

/** Send what `openssl ocsp` would by GET, and have it read the answer. */
async function askedByGet(scene: ResponderScene, path: string): Promise<string> {
  const { directory, url } = scene;
  const issuer = join(directory, 'issuing.pem');
  const [request, answer] = ['get.der', 'got.der'].map((name) => join(directory, name));
  if (request === undefined || answer === undefined) throw new Error('no names');
  const env = opensslEnv();
  await promised(
    'openssl',
    ['ocsp', '-issuer', issuer, '-cert', path, '-no_nonce', '-reqout', request],
    { env },
  );
  const believed = ['-CAfile', join(directory, 'root.pem'), '-verify_other', issuer];
  const base64 = encodeURIComponent(readFileSync(request).toString('base64'));
  await promised('curl', ['--silent', '--fail', '--output', answer, `${url}${base64}`]);
  const { stdout, stderr } = await promised(
    'openssl',
    ['ocsp', '-issuer', issuer, '-cert', path, '-no_nonce', '-respin', answer, ...believed],
    { env },
  );
  return stdout + stderr;
}

describe('openssl ocsp, asking an agent', () => {
  it('believes what is kept for a certificate of its own, by GET and POST, whether the responder of the CA is there or not', async () => {
    const scene = await stapled();
    const { lab, asked, own, startAgent } = scene;
    const before = lab.responder.requests().total;
    const agent = await startAgent();
    const { path } = await own();
    for (const isDown of [false, true]) {
      if (isDown) await lab.responder.inject('down');
      const plain = await asked(['-cert', path, '-no_nonce']);
      expect(plain).toContain('Response verify OK');
      expect(plain).toContain(`${path}: good`);
      // With a nonce it gets the same, and says that there is none in it.
      const withNonce = await asked(['-cert', path]);
      expect(withNonce).toContain('WARNING: no nonce in response');
      expect(withNonce).toContain(`${path}: good`);
      const byGet = await askedByGet(scene, path);
      expect(byGet).toContain('Response verify OK');
      expect(byGet).toContain(`${path}: good`);
    }
    await agent.stop();
    await startAgent();
    expect(await asked(['-cert', path])).toContain(`${path}: good`);
    expect(lab.responder.requests().total).toBe(before);
  });

  it('is told of others only where their CA is allowed', async () => {
    const { asked, issue, lab, startAgent } = await stapled();
    const { path } = await issue('gw2');
    await startAgent();
    const before = lab.responder.requests().total;
    expect(await asked(['-cert', path])).toContain('Responder Error: unauthorized');
    expect(lab.responder.requests().total).toBe(before);
  });

  it('is given what the responder of an allowed CA says: good, revoked, unknown; once for all who ask', async () => {
    const { asked, issue, lab, startAgent, done } = await relaying();
    const good = await issue('gw2');
    const revoked = await issue('gw3');
    const record = (await lab.certificates()).find(({ subject }) => subject === 'CN=gw3');
    await lab.revoke(record?.id ?? 0, 'keyCompromise');
    await startAgent();
    expect(await done('agent status')).toMatch(/OCSP responder +http:\/\/127\.0\.0\.1:\d+\//);
    expect(await done('doctor').catch(String)).toContain('the agent answers OCSP requests at');
    const first = await asked(['-cert', good.path, '-no_nonce']);
    expect(first).toContain('Response verify OK');
    expect(first).toContain(`${good.path}: good`);
    const before = lab.responder.requests().total;
    // What openssl makes of a nonce that nobody sends back.
    const again = await asked(['-cert', good.path]);
    expect(again).toContain('WARNING: no nonce in response');
    expect(again).toContain(`${good.path}: good`);
    expect(lab.responder.requests().total).toBe(before);
    const bySha256 = await asked(['-sha256', '-cert', good.path, '-no_nonce']);
    expect(bySha256).toContain('Response verify OK');
    expect(bySha256).toContain(`${good.path}: good`);
    const gone = await asked(['-cert', revoked.path]);
    expect(gone).toContain('Response verify OK');
    expect(gone).toContain(`${revoked.path}: revoked`);
    expect(gone).toContain('keyCompromise');
    const nobody = await asked(['-serial', '0x4711']);
    expect(nobody).toContain('Response verify OK');
    expect(nobody).toContain('0x4711: unknown');
  });

  it('is asked to try later while the responder of an allowed CA is down, and told what is known already', async () => {
    const { asked, issue, own, lab, startAgent } = await relaying();
    const [known, other] = [await issue('gw2'), await issue('gw3')];
    const agent = await startAgent();
    const text = await asked(['-cert', known.path]);
    expect(text, agent.log()).toContain(': good');
    await lab.responder.inject('down');
    expect(await asked(['-cert', other.path])).toContain('Responder Error: trylater');
    expect(await asked(['-cert', known.path])).toContain(': good');
    expect(await asked(['-cert', (await own()).path])).toContain(': good');
  });

  it('gets its nonce back from an allowed CA where nonces pass', async () => {
    const { asked, issue, own, lab, startAgent } = await relaying(' nonces pass');
    const { path } = await issue('gw2');
    await startAgent();
    for (const each of [path, (await own()).path]) {
      const answer = await asked(['-cert', each]);
      expect(answer).toContain('Response verify OK');
      expect(answer).not.toContain('no nonce in response');
      expect(answer).toContain(`${each}: good`);
    }
    await lab.responder.inject('down');
    expect(await asked(['-cert', path])).toContain('Responder Error: trylater');
    // Its own are known without one.
    expect(await asked(['-cert', (await own()).path])).toContain('WARNING: no nonce in response');
  });
});
