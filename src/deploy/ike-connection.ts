import type { IkeAuthority, IkeChild, IkeConnection } from './ike-daemon.ts';
import { list, section, value, type ViciEntry, type ViciMessage } from './vici-message.ts';

/** A peer that says nothing is asked whether it is there; strongSwan's own examples do it so often. */
const dpdDelay = '30s';

/** Below that charon's own tenth is too little time for authenticating anew before the IKE_SA is given up. */
const shortReauthSeconds = 600;

/** Time for authenticating anew: more than the retransmissions of a slow peer and a slow responder take. */
const shortOverTime = '60s';

/**
 * Make what `load-conn` takes: IKEv2, our one certificate, and the anchors of the peer.
 *
 * It does not set `start_action`: charon would close the IKE_SAs of a connection that has one, whenever that is
 * loaded with another certificate. Whoever wants it up says so by `initiate`.
 */
export function connectionMessage(connection: IkeConnection): ViciMessage {
  const { localAddresses, remoteAddresses, proposals, children } = connection;
  return [
    section(connection.name, [
      value('version', '2'),
      ...listed('local_addrs', localAddresses),
      ...listed('remote_addrs', remoteAddresses),
      ...listed('proposals', proposals),
      // Peers that do not ask for it have no use of their own for it, but do need the chain.
      value('send_cert', 'always'),
      // Zero: on and on, since nobody is there to try again.
      value('keyingtries', '0'),
      value('dpd_delay', dpdDelay),
      // Without a CHILD_SA the IKE_SA comes up only where both say so.
      value('childless', children.length === 0 ? 'force' : 'allow'),
      ...times(connection.reauthSeconds),
      section('local', [
        value('auth', 'pubkey'),
        ...optional('id', connection.localId),
        list('certs', [connection.certificate]),
      ]),
      section('remote', [
        value('auth', 'pubkey'),
        ...optional('id', connection.remoteId),
        list('cacerts', connection.anchors),
        value('revocation', connection.revocation),
      ]),
      ...(children.length === 0 ? [] : [section('children', children.map(childSection))]),
    ]),
  ];
}

function times(reauthSeconds: number | undefined): ViciMessage {
  if (reauthSeconds === undefined) return [];
  const reauth = value('reauth_time', `${reauthSeconds}s`);
  if (reauthSeconds >= shortReauthSeconds) return [reauth];
  // Some of it at random, so that two ends do not begin at once.
  const random = Math.floor(reauthSeconds / 10);
  return [reauth, value('over_time', shortOverTime), value('rand_time', `${random}s`)];
}

function childSection(child: IkeChild): ViciEntry {
  // Gone is what its peer has not answered for long: whoever began it begins it again.
  const action = child.isStarted ? 'start' : 'none';
  return section(child.name, [
    list('local_ts', child.localSelectors),
    list('remote_ts', child.remoteSelectors),
    ...listed('esp_proposals', child.espProposals),
    value('dpd_action', action),
    // Not begun again when the peer closes it: a peer that closes one of two would be answered with a third.
    value('close_action', 'none'),
  ]);
}

/** Make what `load-authority` takes. */
export function authorityMessage(authority: IkeAuthority): ViciMessage {
  return [
    section(authority.name, [
      value('cacert', authority.caCertificate),
      ...listed('ocsp_uris', authority.ocspUris),
      ...listed('crl_uris', authority.crlUris),
    ]),
  ];
}

function listed(name: string, items: readonly string[]): readonly ViciEntry[] {
  return items.length === 0 ? [] : [list(name, items)];
}

function optional(name: string, text: string | undefined): readonly ViciEntry[] {
  return text === undefined ? [] : [value(name, text)];
}
