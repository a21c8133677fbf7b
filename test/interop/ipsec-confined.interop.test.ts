import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { toDer } from '../../src/asn1/codec.ts';
import { ocspRequest } from '../../src/revocation/ocsp-query.ts';
import { decodeCertificate } from '../../src/x509/certificate.ts';
import { OCSPRequest } from '../../src/x509/ocsp-request.ts';
import { connectionName, loadBothWays } from './ipsec/both-ways.ts';
import { keeperAt } from './ipsec/certkeeper.ts';
import { hasIpsec, openIpsecScene, requireIpsec, type IpsecScene } from './ipsec/ipsec-scene.ts';
import type { PlacedProcess } from './ipsec/place.ts';
import type { SceneLeaf } from './ipsec/scene-ca.ts';
import { proxyOfNobody } from './ipsec/unwilling.ts';
import { makeSite, type Site } from './revocation/site.ts';

const aboutBob = '/object#issuing-b';
const ofBobHimself = 'POST /ocsp/issuing-b';

/** As docs/ipsec.md has it for a charon that is not to believe anybody but us: a proxy that is none. */
describe('a charon that reaches nobody but our responder, with an agent beside it,', () => {
  let scene: IpsecScene;
  let site: Site;
  let agent: PlacedProcess;
  let ofAlice: SceneLeaf;
  let ofBob: SceneLeaf;

  beforeAll(async () => {
    if (!hasIpsec()) return;
    scene = await openIpsecScene({ alice: { env: proxyOfNobody, without: ['ldap'] } });
    site = makeSite();
    const { alice, a, b, host } = scene;
    ofAlice = await a.issuing.issue('alice');
    // What it names says good, whatever ours says.
    const names = { ocsp: host.urlsOf('issuing-b').ocsp };
    ofBob = await b.issuing.issue('bob', { names });
    await loadBob(ofBob);
    host.addShared('/object', [b.issuing]);
    await site.say(...linesFor(ofAlice.pem, ofAlice.keyPem));
    const keeper = keeperAt(alice.place, site.state);
    await keeper.say(addBob('policy held ocsp-cert-validator hq'));
    // The CRL of the root as well, which charon cannot fetch, and nobody has set up.
    await isLoaded();
    agent = await keeper.startAgent();
  });
  afterAll(async () => {
    await agent?.stop();
    site?.close();
    await scene?.close();
  });
  beforeEach(async (context) => {
    requireIpsec(context);
    scene.host.mend();
    scene.host.forget();
    await scene.alice.terminate(connectionName);
    await scene.alice.swanctl('--flush-certs');
  });

  /** By swanctl, and leave Alice with nothing. */
  async function loadBob(leaf: SceneLeaf): Promise<void> {
    const { alice } = scene;
    await loadBothWays(scene, { alice: { leaf: ofAlice }, bob: { leaf, revocation: 'relaxed' } });
    await alice.load({ 'swanctl.conf': '' });
    await alice.restart();
  }

  function addBob(words: string): string {
    const { alice, bob } = scene;
    return `ipsec peer add ${connectionName} socket ${alice.socket} local-address ${alice.place.address} peer ${bob.place.address} local-id CN=alice remote-id CN=bob certificate alice ${words} proposal aes128-sha256-ecp256`;
  }

  async function crlsOfAlice(): Promise<string> {
    return (await scene.alice.swanctl('--list-certs', '--type', 'x509_crl')).out;
  }

  async function isLoaded(): Promise<void> {
    const crls = await crlsOfAlice();
    const { out: connections } = await scene.alice.swanctl('--list-conns');
    if (!crls.includes('CN=Root-B') || !connections.includes(connectionName)) {
      throw new Error(`charon has not got everything: ${crls}${connections}`);
    }
  }

  function file(name: string, text: string): string {
    writeFileSync(join(site.state, name), text);
    return join(site.state, name);
  }

  function linesFor(pem: string, keyPem: string): readonly string[] {
    const { a, b, host } = scene;
    const chain = file('chain.pem', a.cas.map((ca) => ca.pem).join(''));
    return [
      `cert import cert-name alice file ${file('alice.pem', pem)} key-file ${file('alice.key', keyPem)} chain-file ${chain}`,
      ...[b.root, b.issuing].map(
        (ca) => `cert import cert-name ${ca.name} file ${file(`${ca.name}.pem`, ca.pem)} ca`,
      ),
      'staple responder listen 127.0.0.1:8889',
      `ocsp verify-object hq url ${host.url}/object verify-others off ca-chain root-b nonce off timeout 2000 caching off`,
      'crypto map held ikev2-ipv4 ca root-b purpose any ocsp-cert-validator hq crl-fallback on',
    ];
  }

  it('lets a peer in that is good', async () => {
    const { isEstablished, said } = await scene.alice.call(connectionName);
    expect(isEstablished, `${said}${agent.log()}`).toBe(true);
    expect(scene.host.asked()).toContain('GET /object');
    expect(scene.host.asked()).not.toContain(ofBobHimself);
    // The agent judges it, too: by what is said now, and not in the next test.
    const keeper = keeperAt(scene.alice.place, site.state);
    await vi.waitFor(
      async () => expect(await keeper.say('agent status'), agent.log()).toContain('1 established'),
      { timeout: 20_000, interval: 200 },
    );
  });

  it('keeps one out that is revoked', async () => {
    scene.host.spoil(aboutBob, { type: 'of', making: { says: 'revoked' } });
    const { isEstablished, said } = await scene.alice.call(connectionName);
    expect(isEstablished).toBe(false);
    expect(said).toContain('certificate was revoked');
  });

  it('keeps one out that nobody has a word on but the responder of its own certificate', async () => {
    scene.host.spoil(aboutBob, { type: 'tryLater' });
    const { isEstablished, said } = await scene.alice.call(connectionName);
    expect(isEstablished, `${said}${agent.log()}`).toBe(false);
    expect(said).toContain(`ocsp request to ${scene.host.urlsOf('issuing-b').ocsp} failed`);
    expect(scene.host.asked()).not.toContain(ofBobHimself);
  });

  it('keeps one out about whom somebody speaks whom the object does not believe', async () => {
    const { a, b, alice, host } = scene;
    const about = { certificate: ofBob.certificate, issuer: decodeCertificate(b.issuing.der) };
    const request = toDer(OCSPRequest, { tbsRequest: ocspRequest({ ...about, hash: 'sha1' }) });
    // As right as the true one, by another CA.
    host.spoil(aboutBob, { type: 'octets', body: await a.issuing.respond(request) });
    const { isEstablished, said } = await alice.call(connectionName);
    expect(isEstablished, `${said}${agent.log()}`).toBe(false);
    expect(said).toContain(`ocsp request to ${host.urlsOf('issuing-b').ocsp} failed`);
    await vi.waitFor(() => expect(agent.log()).toContain('(unauthorized-responder)'));
    expect(host.asked()).not.toContain(ofBobHimself);
  });

  it('lets a peer in by a response with its nonce, and none without, where the object requires that', async () => {
    const { alice, host } = scene;
    await agent.stop();
    await site.say(
      `ocsp verify-object hq url ${host.url}/object verify-others off ca-chain root-b nonce require timeout 2000 caching off`,
    );
    agent = await keeperAt(alice.place, site.state).startAgent();
    await vi.waitFor(isLoaded, { timeout: 40_000, interval: 100 });
    const without = await alice.call(connectionName);
    expect(without.isEstablished, `${without.said}${agent.log()}`).toBe(false);
    expect(without.said).toContain(`ocsp request to ${host.urlsOf('issuing-b').ocsp} failed`);
    expect(agent.log()).toContain('(nonce-missing)');

    host.spoil(aboutBob, { type: 'of', making: { hasNonce: true } });
    const { isEstablished, said } = await alice.call(connectionName);
    expect(isEstablished, `${said}${agent.log()}`).toBe(true);
    expect(host.asked()).not.toContain(ofBobHimself);
  });

  it('lets one in, once it was kept out, whose certificate names a CRL that nobody knew of', async () => {
    const { alice, b, host } = scene;
    await agent.stop();
    await loadBob(await b.issuing.issue('bob', { names: { crl: host.urlsOf('issuing-b').crl } }));
    const keeper = keeperAt(alice.place, site.state);
    await keeper.say('crypto map byCrls ikev2-ipv4 ca root-b purpose any', addBob('policy byCrls'));
    const { isEstablished, said } = await alice.call(connectionName);
    expect(isEstablished, said).toBe(false);
    agent = await keeper.startAgent();
    await vi.waitFor(async () => expect(await crlsOfAlice()).toContain('CN=Issuing-B'), {
      timeout: 20_000,
      interval: 100,
    });
    const again = await alice.call(connectionName);
    expect(again.isEstablished, `${again.said}${agent.log()}`).toBe(true);
  });
});
