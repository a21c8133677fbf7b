import { describe, expect, it } from 'vitest';
import { heardRevocations } from '../../src/agent/heard-revocations.ts';
import { setResponder } from '../../src/lifecycle/set-responder.ts';
import { ipsecRelays } from '../../src/lifecycle/ipsec-relays.ts';
import { keepWords } from '../../src/lifecycle/validation-words.ts';
import { certIdOf } from '../../src/revocation/ocsp-cert-id.ts';
import type { Revoked } from '../../src/revocation/verdict.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import { issue } from '../harness/certificates.ts';
import { response, single } from '../revocation/ocsp-made.ts';
import { rootB, tunnelScene, type TunnelScene } from './tunnel-scene.ts';

const bob = issue({ subject: 'CN=bob', issuer: rootB });
const { serialNumber } = bob.certificate.tbsCertificate;
const revoked = (at: Date): Revoked => ({
  type: 'revoked',
  thisUpdate: at,
  revocationDate: at,
  reason: 'keyCompromise',
});

/** Bob is judged by an OCSP object whose responder nobody reaches, which is good enough. */
async function scene(): Promise<TunnelScene> {
  const made = await tunnelScene();
  const { store, context } = made.site;
  const words = { url: 'http://127.0.0.1:9/', 'verify-others': false, 'ca-chain': 'rootB' };
  await keepWords(store, 'ocsp', { name: 'hq', words: { ...words, nonce: 'off' } });
  await setResponder(context, {
    address: '127.0.0.1',
    port: 8889,
    isOpen: false,
    forCa: [],
    passesNonces: false,
  });
  await made.put({ ocspObject: 'hq', revocation: 'relaxed' });
  return made;
}

describe('heardRevocations()', () => {
  it('says once of each that there is news, and forgets a hold that was lifted', () => {
    let news = 0;
    const heard = heardRevocations(() => void news++);
    const der = certificateDer(bob.certificate);
    for (const octet of [1, 1, 2])
      heard.note(rootB.certificate, serialNumber, revoked(new Date(0)), Uint8Array.of(octet));
    expect([news, heard.version()]).toStrictEqual([1, 1]);
    expect(heard.of(der)).toStrictEqual(Uint8Array.of(2));
    heard.note(
      rootB.certificate,
      serialNumber,
      { type: 'good', thisUpdate: new Date(0) },
      Uint8Array.of(3),
    );
    expect(heard.of(der)).toBeUndefined();
    expect(heard.of(Uint8Array.of(1))).toBeUndefined();
    for (let i = 0n; i < 100n; i++)
      heard.note(rootB.certificate, i, revoked(new Date(0)), Uint8Array.of(1));
    expect(heard.version()).toBe(101);
  });

  it('takes the number of a certificate for none of another CA, also where that has the same name', () => {
    const heard = heardRevocations(() => {});
    const twin = issue({ subject: 'CN=Root B', isCa: true }).certificate;
    const der = certificateDer(bob.certificate);
    heard.note(twin, serialNumber, revoked(new Date(0)), Uint8Array.of(1));
    expect(heard.of(der)).toBeUndefined();
    heard.note(rootB.certificate, serialNumber, revoked(new Date(0)), Uint8Array.of(2));
    heard.note(twin, serialNumber, { type: 'good', thisUpdate: new Date(0) }, Uint8Array.of(3));
    expect(heard.of(der)).toStrictEqual(Uint8Array.of(2));
  });
});

describe('keepTunnels(), of what charon was told by the responder of the agent', () => {
  it('ends the tunnel of a peer as soon as that is that it is revoked, and believes nobody else', async () => {
    const { site, deploy, tunnels, letIn, standing, alarms } = await scene();
    await deploy();
    const id = letIn('bob', bob);
    await tunnels.refresh();
    const now = site.clock.now();
    const answer = (signer: typeof rootB): Uint8Array =>
      response({
        signer,
        singles: [
          single({
            certID: certIdOf(bob.certificate, rootB.certificate, 'sha1'),
            certStatus: { type: 'revoked', value: { revocationTime: now } },
            thisUpdate: now,
            nextUpdate: new Date(now.getTime() + 3_600_000),
          }),
        ],
        data: { producedAt: now },
      });
    tunnels.heard.note(
      rootB.certificate,
      serialNumber,
      revoked(now),
      answer(issue({ subject: 'CN=Other', isCa: true })),
    );
    await tunnels.refresh();
    expect(standing()).toStrictEqual([id]);
    tunnels.heard.note(
      rootB.certificate,
      serialNumber,
      { type: 'good', thisUpdate: now },
      Uint8Array.of(),
    );
    tunnels.heard.note(rootB.certificate, serialNumber, revoked(now), answer(rootB));
    await expect.poll(standing).toStrictEqual([]);
    await expect.poll(alarms).toStrictEqual(['ipsec peer bob peer-refused']);
  });

  it('deploys again where to ask about a CA, once charon has lost that', async () => {
    const { deploy, tunnels, charon, woken } = await scene();
    await deploy();
    await tunnels.refresh();
    expect(charon.authorities.size).toBe(1);
    charon.authorities.clear();
    await tunnels.refresh();
    expect(woken()).toBe(1);
  });
});

describe('ipsecRelays()', () => {
  it('asks about the CAs of each peer by its object, whatever is wrong with another', async () => {
    const { site, put } = await scene();
    await put({ ocspObject: 'hq', ca: ['rootB', 'none'] });
    const broken = await ipsecRelays(site.store);
    expect(broken).toMatchObject({ relays: [], failures: [expect.stringContaining('"none"')] });
    await put({ ocspObject: 'hq' });
    const { relays, failures } = await ipsecRelays(site.store);
    expect(failures).toStrictEqual([]);
    expect(relays).toMatchObject([{ issuers: [rootB.certificate], object: { name: 'hq' } }]);
  });
});
