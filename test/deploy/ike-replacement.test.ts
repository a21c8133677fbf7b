import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { IkeConnection, IkeDaemon } from '../../src/deploy/ike-daemon.ts';
import { reasonOf, replaceAssociations } from '../../src/deploy/ike-replacement.ts';
import { openIkeDaemon } from '../../src/deploy/strongswan-daemon.ts';
import { type FakeAssociation, type FakeCharon, startFakeCharon } from '../harness/fake-charon.ts';

const connection: IkeConnection = {
  name: 'hq',
  localAddresses: [],
  remoteAddresses: ['192.0.2.2'],
  certificate: Uint8Array.of(1),
  anchors: [],
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

const renewed: IkeConnection = { ...connection, certificate: Uint8Array.of(2) };

let charon: FakeCharon;
let daemon: IkeDaemon;
beforeEach(async () => {
  charon = await startFakeCharon();
  daemon = await openIkeDaemon(charon.socket);
  onTestFinished(() => daemon.close());
  await daemon.loadConnection(connection);
});

function withNewKeys(association: FakeAssociation): FakeAssociation {
  return { ...association, id: '77' };
}

/** Certificates that the IKE_SAs were set up with. */
function standing(): readonly string[] {
  return charon.associations.map(({ certificate, state }) => `${certificate} ${state}`);
}

describe('replaceAssociations()', () => {
  it('does nothing where there is none', async () => {
    expect(await replaceAssociations(daemon, connection)).toStrictEqual({ type: 'none' });
    expect(standing()).toStrictEqual([]);
  });

  it('ends the former one once another stands', async () => {
    await daemon.initiate('hq', 'net');
    await daemon.loadConnection(renewed);
    expect(standing()).toStrictEqual(['01 ESTABLISHED']);
    expect(await replaceAssociations(daemon, renewed)).toStrictEqual({
      type: 'replaced',
      ended: 1,
    });
    expect(standing()).toStrictEqual(['02 ESTABLISHED']);
  });

  it('leaves one alone that has the settings already, and ends what is beside it', async () => {
    await daemon.initiate('hq', 'net');
    expect(await replaceAssociations(daemon, connection)).toStrictEqual({ type: 'current' });
    await daemon.loadConnection(renewed);
    await daemon.initiate('hq', 'net');
    expect(standing()).toStrictEqual(['01 ESTABLISHED', '02 ESTABLISHED']);
    expect(await replaceAssociations(daemon, renewed)).toStrictEqual({
      type: 'replaced',
      ended: 1,
    });
    expect(standing()).toStrictEqual(['02 ESTABLISHED']);
  });

  it('ends one, too, that is just getting new keys', async () => {
    await daemon.initiate('hq', 'net');
    for (const association of charon.associations) association.state = 'REKEYING';
    await daemon.loadConnection(renewed);
    await replaceAssociations(daemon, renewed);
    expect(standing()).toStrictEqual(['02 ESTABLISHED']);
  });

  it('ends what a former one has become with new keys, while another was set up', async () => {
    await daemon.initiate('hq', 'net');
    await daemon.loadConnection(renewed);
    const establish: IkeDaemon['establish'] = async (...what) => {
      const attempt = await daemon.establish(...what);
      charon.associations.splice(0, 1, ...charon.associations.slice(0, 1).map(withNewKeys));
      return attempt;
    };
    await replaceAssociations({ ...daemon, establish }, renewed);
    expect(standing()).toStrictEqual(['02 ESTABLISHED']);
  });

  it('notices where the peer has ended the former one by itself', async () => {
    await daemon.initiate('hq', 'net');
    await daemon.loadConnection(renewed);
    charon.isUnique = true;
    expect(await replaceAssociations(daemon, renewed)).toStrictEqual({
      type: 'replaced',
      ended: 1,
    });
    expect(standing()).toStrictEqual(['02 ESTABLISHED']);
  });

  it('leaves the former one alone where no other comes up, and gives that up', async () => {
    await daemon.initiate('hq', 'net');
    await daemon.loadConnection(renewed);
    charon.answersPeers = false;
    expect(await replaceAssociations(daemon, renewed)).toStrictEqual({
      type: 'kept',
      why: "establishing 'hq' failed",
    });
    expect(standing()).toStrictEqual(['01 ESTABLISHED']);
  });
});

describe('reasonOf()', () => {
  it('gives what was said last about trouble, without the packets', () => {
    const log = [
      'certificate status is good',
      "constraint check failed: peer not authenticated by CA 'CN=Root-A'",
      'no alternative config found',
      'generating INFORMATIONAL request 2 [ N(AUTH_FAILED) ]',
      'sending packet: from 192.168.0.1[4500] to 192.168.0.2[4500] (80 bytes)',
      "establishing CHILD_SA 'net' failed",
    ];
    expect(reasonOf({ isUp: false, ids: [], log })).toBe(
      "constraint check failed: peer not authenticated by CA 'CN=Root-A'; no alternative config found; establishing CHILD_SA 'net' failed",
    );
  });

  it('gives the last lines where none is about trouble', () => {
    const log = ['initiating IKE_SA hq[2]', 'peer supports MOBIKE'];
    expect(reasonOf({ isUp: false, ids: [], log })).toBe(log.join('; '));
  });
});
