import { describe, expect, it } from 'vitest';
import { toDer } from '../../src/asn1/codec.ts';
import { setResponder } from '../../src/lifecycle/set-responder.ts';
import { deployAgain } from '../../src/lifecycle/deploy-settings.ts';
import { authorityName } from '../../src/lifecycle/ipsec-authorities.ts';
import { ikeKeyId } from '../../src/lifecycle/ipsec-key.ts';
import { planIpsec } from '../../src/lifecycle/ipsec-plan.ts';
import { putOcspObject } from '../../src/lifecycle/ocsp-objects.ts';
import { crlIdentity } from '../../src/revocation/crl.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import { certificateListDer } from '../../src/x509/certificate-list.ts';
import { Name } from '../../src/x509/name.ts';
import { issue, type Issued } from '../harness/certificates.ts';
import { keepCa, makeIpsecSite, peersIssuing, peersRoot, type IpsecSite } from './ipsec-site.ts';
import { crl as crlBy, type CrlParts } from '../revocation/crl-made.ts';
import { coded, named } from './site.ts';

const gw1 = named('gw1');

/** The charon of a site, planned for. */
async function plan({ context, current, charon }: IpsecSite) {
  return await planIpsec(context, await current(), charon.socket);
}

async function bindObject(made: IpsecSite, address = '127.0.0.1'): Promise<void> {
  const { context } = made;
  const words = { url: 'http://ocsp.example/', 'ca-chain': 'peers', 'verify-others': false };
  await putOcspObject(context, { name: 'hq', words }, undefined);
  await setResponder(context, {
    address,
    port: 8889,
    isOpen: address === '::',
    forCa: [],
    passesNonces: false,
  });
}

const rootDer = certificateDer(peersRoot.certificate);

describe('what goes to a charon', () => {
  it('names keys as charon does', async () => {
    const made = await makeIpsecSite();
    const { keyId = 0 } = await made.current();
    const { spki } = await made.site.store.keys.publicKey(keyId);
    await made.put();
    await deployAgain(made.context, gw1);
    expect([...made.charon.loadedKeys]).toStrictEqual([ikeKeyId(spki)]);
  });

  it('has charon ask the agent about the CAs of a peer with an OCSP object', async () => {
    const made = await makeIpsecSite();
    await bindObject(made);
    await made.put({ ocspObject: 'hq' });
    expect((await plan(made)).authorities).toStrictEqual([
      {
        name: authorityName(rootDer),
        caCertificate: rootDer,
        ocspUris: ['http://127.0.0.1:8889/'],
        crlUris: [],
      },
    ]);
  });

  it('has charon ask an agent that listens everywhere at the address of this machine', async () => {
    const made = await makeIpsecSite();
    await bindObject(made, '::');
    await made.put({ ocspObject: 'hq' });
    expect((await plan(made)).authorities).toMatchObject([{ ocspUris: ['http://[::1]:8889/'] }]);
  });

  it('joins the places of all peers of a charon that have a CA in common', async () => {
    const made = await makeIpsecSite();
    await bindObject(made);
    await made.put({ ocspObject: 'hq' });
    const crlUris = ['http://crl.example/root.crl'];
    await made.put({ name: named('other'), certificate: named('gw9'), crlUris });
    await made.put({
      name: named('elsewhere'),
      certificate: named('gw9'),
      socket: '/run/other.vici',
      crlUris: ['http://else.example/root.crl'],
    });
    const { authorities, areAllAuthorities } = await plan(made);
    expect(areAllAuthorities).toBe(true);
    expect(authorities).toMatchObject([{ ocspUris: ['http://127.0.0.1:8889/'], crlUris }]);
  });

  it('takes nothing away while it is not known what another peer needs', async () => {
    const made = await makeIpsecSite();
    const { charon, context, put } = made;
    await put({ crlUris: ['http://crl.example/root.crl'] });
    await deployAgain(context, gw1);
    expect([...charon.authorities.keys()]).toStrictEqual([authorityName(rootDer)]);
    charon.authorities.set('theirs', []);
    await put({ name: named('other'), certificate: named('gw9'), ca: ['nobody'] });
    await put();
    await deployAgain(context, gw1);
    expect(charon.authorities.size).toBe(2);
    await made.site.store.ipsecPeers.remove('other');
    await deployAgain(context, gw1);
    expect([...charon.authorities.keys()]).toStrictEqual(['theirs']);
  });

  it('loads CRLs that are held of the CAs of a peer, whole ones, and not those of another CA of that name', async () => {
    const made = await makeIpsecSite();
    await keepCa(made.site, 'issuing', peersIssuing);
    const namesake = issue({ subject: 'CN=Peers Root', isCa: true });
    const ofRoot = await hold(made, peersRoot);
    const ofIssuing = await hold(made, peersIssuing);
    await hold(made, namesake);
    await hold(made, peersRoot, { number: 2n, base: 1n });
    await hold(made, peersRoot, { scope: { onlyContainsUserCerts: true } });
    await made.put();
    expect((await plan(made)).crls).toStrictEqual([ofRoot, ofIssuing]);
    await deployAgain(made.context, gw1);
    await deployAgain(made.context, gw1);
    expect(made.charon.crls.size).toBe(2);
    const loads = made.charon.commands.filter((command) => command === 'load-cert');
    // Two CAs of peers, two of ours and our certificate each time; CRLs only the first time.
    expect(loads).toHaveLength(2 * 5 + 2);
  });

  it('refuses a chain that is longer than peers take', async () => {
    const made = await makeIpsecSite();
    const cas = [issue({ subject: 'CN=Top', isCa: true })];
    for (const subject of ['CN=2', 'CN=3', 'CN=4', 'CN=5']) {
      const issuer = cas.at(-1);
      cas.push(issue({ subject, isCa: true, ...(issuer && { issuer }) }));
    }
    const [top, ...below] = cas;
    const issuer = below.at(-1);
    const leaf = issue({ subject: 'CN=gw2', ...(issuer && { issuer }) });
    await keepCa(made.site, 'top', top ?? leaf);
    const { keyId = 0 } = await made.current();
    const record = await made.site.store.certificates.import({
      name: named('gw2'),
      der: certificateDer(leaf.certificate),
      chain: below.map(({ certificate }) => certificateDer(certificate)),
      key: { id: keyId },
      source: 'import',
      at: made.site.clock.now(),
    });
    await expect(planIpsec(made.context, record, made.charon.socket)).rejects.toThrow(
      expect.objectContaining({
        ...coded('CONFIG_INVALID'),
        message: expect.stringContaining('it has 5 certificates below its anchor'),
      }),
    );
  });
});

/** Hold a CRL as one that was verified. */
async function hold({ site }: IpsecSite, ca: Issued, parts: CrlParts = {}): Promise<Uint8Array> {
  const crl = crlBy(ca, parts);
  const der = certificateListDer(crl.list);
  await site.store.heldCrls.put({
    der,
    identity: crlIdentity(crl, ca.certificate),
    issuer: toDer(Name, ca.subject),
    thisUpdate: crl.thisUpdate,
    fetchedAt: site.clock.now(),
  });
  return der;
}
