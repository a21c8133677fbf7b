import { describe, expect, it } from 'vitest';
import { wordsOfIpsecPeer } from '../../src/lifecycle/ipsec-peer-words.ts';
import { ipsecPeerOf, type IpsecPeerWords } from '../../src/lifecycle/ipsec-words.ts';
import { parseLabel } from '../../src/base/label.ts';

const name = parseLabel('bob', 'name');
const least: IpsecPeerWords = {
  peer: ['192.0.2.2'],
  certificate: parseLabel('alice', 'certificate'),
  ca: ['rootB'],
  children: [],
};
const lan = { name: 'lan', localTs: ['10.1.0.0/24'], remoteTs: ['10.2.0.0/24'] };

function peerOf(changes: Partial<IpsecPeerWords> = {}) {
  return ipsecPeerOf(name, '/run/charon.vici', { ...least, ...changes });
}

describe('ipsecPeerOf()', () => {
  it('makes a peer of few words', () => {
    expect(peerOf()).toStrictEqual({
      name: 'bob',
      socket: '/run/charon.vici',
      localAddresses: [],
      remoteAddresses: ['192.0.2.2'],
      certificate: 'alice',
      ca: ['rootB'],
      isInitiator: false,
      crls: [],
      crlUris: [],
      reauthenticates: false,
      proposals: [],
      children: [],
    });
  });

  it('makes a peer of all words, and its words of that', () => {
    const peer = peerOf({
      description: 'To the branch',
      localAddress: ['192.0.2.1', 'fd00::1', 'gw.example'],
      peer: ['any'],
      localId: '@alice.example',
      remoteId: '/O=B/CN=bob',
      ca: ['rootA,rootB', 'rootB'],
      policy: 'gateways',
      revocation: 'ifuri',
      ocspCertValidator: '/Common/hq',
      caCrl: ['rootB'],
      crlUri: ['http://pki.example/b.crl'],
      reauthTime: 3600,
      reauthOnRenewal: true,
      proposal: ['aes128-sha256-ecp256', 'default'],
      children: [
        { ...lan, protocol: 'tcp', localPort: '443', espProposal: ['aes128gcm16'] },
        { name: 'six', localTs: ['fd01::/64', 'dynamic'], remoteTs: ['fd02::/64'] },
      ],
    });
    expect(peer).toMatchObject({
      remoteAddresses: [],
      localId: 'alice.example',
      remoteId: 'CN=bob,O=B',
      ca: ['rootA', 'rootB'],
      ocspObject: 'hq',
      children: [
        {
          localSelectors: ['10.1.0.0/24[tcp/443]'],
          remoteSelectors: ['10.2.0.0/24[tcp]'],
          espProposals: ['aes128gcm16'],
        },
        { localSelectors: ['fd01::/64', 'dynamic'] },
      ],
    });
    expect(ipsecPeerOf(name, peer.socket, wordsOfIpsecPeer(peer))).toStrictEqual(peer);
  });

  it('takes five children', () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const { children } = peerOf({ children: names.map((each) => ({ ...lan, name: each })) });
    expect(children.map((child) => child.name)).toStrictEqual(names);
  });

  it('takes any as who the other side has to be for nothing said', () => {
    expect(peerOf({ remoteId: '%any' })).toStrictEqual(peerOf());
  });

  it.each<[string, Partial<IpsecPeerWords>]>([
    ['peer is missing', { peer: [] }],
    ['peer is any, and something else', { peer: ['any', '192.0.2.2'] }],
    ['peer "10.0.0.0/8" is neither an address nor a host name', { peer: ['10.0.0.0/8'] }],
    ['peer "1.2.3.400" is neither', { peer: ['1.2.3.400'] }],
    ['local-address "a_b!" is neither', { localAddress: ['a_b!'] }],
    [
      'of local-address and peer one is IPv4 and the other IPv6',
      { localAddress: ['192.0.2.1'], peer: ['fd00::2'] },
    ],
    ['an initiator has to know whom to call', { peer: ['any'], initiator: true }],
    ['reauth-time is 59 s, at least are 60 s', { reauthTime: 59 }],
    ['description has 201 characters', { description: 'x'.repeat(201) }],
    ['control characters in description', { description: 'a\nb' }],
    ['crl-uri is no URL', { crlUri: ['file:///etc/passwd'] }],
    ['crl-uri has a user name', { crlUri: ['http://a:b@pki.example/'] }],
    ['crl-uri has 17 values', { crlUri: Array.from({ length: 17 }, (_, n) => `http://a/${n}`) }],
    ['proposal "AES 128" is no proposal', { proposal: ['AES 128'] }],
    ['as ca: not a name', { ca: ['a/b'] }],
    ['as ca-crl-name: not a name', { caCrl: ['../x'] }],
    [
      'it has 6 children, at most are 5',
      { children: Array.from({ length: 6 }, (_, n) => ({ ...lan, name: `c${n}` })) },
    ],
    ['child "lan" is given twice', { children: [lan, lan] }],
    ['child "lan" has no local-ts', { children: [{ ...lan, localTs: [] }] }],
    ['child "lan" has no remote-ts', { children: [{ name: 'lan', localTs: ['dynamic'] }] }],
    ['IPv4 on one side and IPv6 on the other', { children: [{ ...lan, remoteTs: ['fd00::/64'] }] }],
    [
      'one protocol on one side and another on the other',
      { children: [{ ...lan, localTs: ['10.1.0.0/24[tcp]'], remoteTs: ['10.2.0.0/24[udp]'] }] },
    ],
    ['as child: not a name', { children: [{ ...lan, name: 'a b' }] }],
  ])('refuses: %s', (why, changes) => {
    expect(() => peerOf(changes)).toThrow(why);
  });

  it('repeats no password of a URL', () => {
    expect(() => peerOf({ crlUri: ['http://a:s3cret@pki.example/'] })).toThrow(/^((?!s3cret).)*$/);
  });
});
