import { describe, expect, it } from 'vitest';
import { authorityMessage, connectionMessage } from '../../src/deploy/ike-connection.ts';
import type { IkeConnection } from '../../src/deploy/ike-daemon.ts';
import { list, section, value } from '../../src/deploy/vici-message.ts';
import { sectionIn, sectionsIn, textIn } from '../../src/deploy/vici-reading.ts';

const own = Uint8Array.of(1);
const anchor = Uint8Array.of(2);

const connection: IkeConnection = {
  name: 'hq',
  localAddresses: ['192.0.2.1'],
  remoteAddresses: ['192.0.2.2', 'hq.example'],
  localId: 'fqdn:gw.example',
  remoteId: 'fqdn:hq.example',
  certificate: own,
  anchors: [anchor],
  revocation: 'ifuri',
  proposals: ['aes128-sha256-ecp256'],
  children: [
    {
      name: 'net',
      localSelectors: ['10.1.0.0/24'],
      remoteSelectors: ['10.2.0.0/24[tcp/443]'],
      espProposals: [],
      isStarted: true,
    },
  ],
};

function settingsOf(more: Partial<IkeConnection>) {
  return sectionIn(connectionMessage({ ...connection, ...more }), 'hq');
}

describe('connectionMessage()', () => {
  it('says everything of a connection, and nothing that would close its IKE_SAs', () => {
    expect(connectionMessage(connection)).toStrictEqual([
      section('hq', [
        value('version', '2'),
        list('local_addrs', ['192.0.2.1']),
        list('remote_addrs', ['192.0.2.2', 'hq.example']),
        list('proposals', ['aes128-sha256-ecp256']),
        value('send_cert', 'always'),
        value('keyingtries', '0'),
        value('dpd_delay', '30s'),
        value('childless', 'allow'),
        section('local', [
          value('auth', 'pubkey'),
          value('id', 'fqdn:gw.example'),
          list('certs', [own]),
        ]),
        section('remote', [
          value('auth', 'pubkey'),
          value('id', 'fqdn:hq.example'),
          list('cacerts', [anchor]),
          value('revocation', 'ifuri'),
        ]),
        section('children', [
          section('net', [
            list('local_ts', ['10.1.0.0/24']),
            list('remote_ts', ['10.2.0.0/24[tcp/443]']),
            value('dpd_action', 'start'),
            value('close_action', 'none'),
          ]),
        ]),
      ]),
    ]);
  });

  it('leaves to charon what is not given', () => {
    const { localId: _localId, remoteId: _remoteId, ...rest } = connection;
    const bare = { ...rest, localAddresses: [], remoteAddresses: [], proposals: [] };
    const settings = sectionIn(connectionMessage(bare), 'hq');
    const names = settings.map(({ name }) => name);
    for (const absent of ['local_addrs', 'remote_addrs', 'proposals', 'reauth_time'])
      expect(names).not.toContain(absent);
    expect(textIn(sectionIn(settings, 'local'), 'id')).toBeUndefined();
    expect(textIn(sectionIn(settings, 'remote'), 'id')).toBeUndefined();
  });

  it('has an IKE_SA come up alone where there is no traffic', () => {
    const settings = settingsOf({ children: [] });
    expect(textIn(settings, 'childless')).toBe('force');
    expect(sectionsIn(settings).map(({ name }) => name)).toStrictEqual(['local', 'remote']);
  });

  it.each([
    [4, '60s', '0s'],
    [599, '60s', '59s'],
    [600, undefined, undefined],
    [259_200, undefined, undefined],
  ])('gives a re-authentication every %i s enough time', (seconds, over, random) => {
    const settings = settingsOf({ reauthSeconds: seconds });
    expect(textIn(settings, 'reauth_time')).toBe(`${seconds}s`);
    expect(textIn(settings, 'over_time')).toBe(over);
    expect(textIn(settings, 'rand_time')).toBe(random);
  });
});

describe('authorityMessage()', () => {
  it('names the CA and where its status is to be had', () => {
    const ocspUris = ['http://127.0.0.1:8889/'];
    const authority = { name: 'ca', caCertificate: anchor, ocspUris, crlUris: [] };
    expect(authorityMessage(authority)).toStrictEqual([
      section('ca', [value('cacert', anchor), list('ocsp_uris', ocspUris)]),
    ]);
  });
});
