import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { toDer } from '../../src/asn1/codec.ts';
import type { IkeConnection, IkeDaemon } from '../../src/deploy/ike-daemon.ts';
import { openIkeDaemon } from '../../src/deploy/strongswan-daemon.ts';
import { Certificate } from '../../src/x509/certificate.ts';
import { issue, type Issued } from '../harness/certificates.ts';
import { type FakeCharon, keyIdOfCertificate, startFakeCharon } from '../harness/fake-charon.ts';

const root = issue({ subject: 'CN=Root', isCa: true });
const own = issue({ subject: 'CN=gw1', issuer: root });

function der({ certificate }: Issued): Uint8Array {
  return toDer(Certificate, certificate);
}

function pkcs8({ key }: Issued): Uint8Array {
  return new Uint8Array(key.privateKey.export({ type: 'pkcs8', format: 'der' }));
}

const connection: IkeConnection = {
  name: 'hq',
  localAddresses: ['192.0.2.1'],
  remoteAddresses: ['192.0.2.2'],
  remoteId: 'CN=hq',
  certificate: der(own),
  anchors: [der(root)],
  revocation: 'strict',
  proposals: [],
  children: [
    {
      name: 'net',
      localSelectors: ['10.1.0.0/24'],
      remoteSelectors: ['10.2.0.0/24'],
      espProposals: [],
      isStarted: true,
    },
  ],
};

let charon: FakeCharon;
let daemon: IkeDaemon;
beforeEach(async () => {
  charon = await startFakeCharon();
  daemon = await openIkeDaemon(charon.socket);
  onTestFinished(() => daemon.close());
});

describe('an IKE daemon', () => {
  it('says which program it is, and whether it was started anew', async () => {
    const before = await daemon.about();
    expect(before).toMatchObject({
      version: 'charon-fake 5.9.8',
      since: 'Nov 22 03:00:00 2026',
    });
    expect((await daemon.about()).run).toBe(before.run);
    await charon.startAnew();
    const again = await openIkeDaemon(charon.socket);
    onTestFinished(() => again.close());
    expect((await again.about()).run).not.toBe(before.run);
  });

  it('has what is loaded, and tells which certificates have their key', async () => {
    await daemon.loadCertificate(der(root), 'ca');
    await daemon.loadCertificate(der(own), 'own');
    const id = await daemon.loadKey(pkcs8(own));
    expect(id).toBe(keyIdOfCertificate(der(own)));
    expect(await daemon.keys()).toStrictEqual([id]);
    expect(await daemon.certificates()).toStrictEqual([
      { der: der(root), hasPrivateKey: false },
      { der: der(own), hasPrivateKey: true },
    ]);
    await daemon.unloadKey(id);
    expect(await daemon.keys()).toStrictEqual([]);
  });

  it('has nothing against unloading what is not there', async () => {
    await daemon.unloadKey('00');
    await daemon.unloadConnection('hq');
    await daemon.unloadAuthority('ca');
    await daemon.reauthenticate('hq');
    expect(await daemon.terminate({ connection: 'hq' })).toBe(0);
  });

  it('begins, lists and ends IKE_SAs of a connection', async () => {
    await daemon.loadConnection(connection);
    expect(await daemon.connections()).toStrictEqual(['hq']);
    await daemon.initiate('hq', 'net');
    expect(await daemon.associations('other')).toStrictEqual([]);
    const [standing] = await daemon.associations('hq');
    expect(standing).toMatchObject({
      connection: 'hq',
      state: 'ESTABLISHED',
      remoteId: 'CN=hq',
      algorithms: ['AES_CBC-128'],
      children: [{ name: 'net', state: 'INSTALLED' }],
    });
    expect(await daemon.terminate({ id: standing?.id ?? '' })).toBe(1);
    expect(await daemon.associations()).toStrictEqual([]);
  });

  it('passes on what charon says', async () => {
    await expect(daemon.loadCertificate(Uint8Array.of(1, 2, 3), 'own')).rejects.toThrow(
      `Cannot talk to the charon at "${charon.socket}": it refuses load-cert, "parsing X509 certificate failed"`,
    );
  });

  it('refuses a CRL that VICI has no room for', async () => {
    await expect(daemon.loadCrl(new Uint8Array(65_536))).rejects.toThrow('65536 octets');
    expect(charon.commands).toStrictEqual([]);
  });
});
