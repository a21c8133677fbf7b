import { CertError } from '../base/errors.ts';
import { parseLabel, type Label } from '../base/label.ts';
import { quoted } from '../base/quoted.ts';
import {
  MAX_IPSEC_CHILDREN,
  type IpsecChild,
  type IpsecPeer,
  type IpsecRevocation,
} from '../store/ipsec-contract.ts';
import { parseIpAddress } from '../x509/general-name-text.ts';
import { formatIkeIdentity, parseIkeIdentity } from './ipsec-identity.ts';
import { formatSelector, parseSelector } from './ipsec-selectors.ts';

/** A peer in the words of `ipsec peer add`; the configuration file has the same. */
export interface IpsecPeerWords {
  readonly description?: string | undefined;
  readonly localAddress?: readonly string[] | undefined;
  readonly peer: readonly string[];
  readonly localId?: string | undefined;
  readonly remoteId?: string | undefined;
  readonly certificate: Label;
  readonly ca?: readonly string[] | undefined;
  readonly policy?: string | undefined;
  readonly initiator?: boolean | undefined;
  readonly revocation?: IpsecRevocation | undefined;
  readonly ocspCertValidator?: string | undefined;
  readonly caCrl?: readonly string[] | undefined;
  readonly crlUri?: readonly string[] | undefined;
  readonly reauthTime?: number | undefined;
  readonly reauthOnRenewal?: boolean | undefined;
  readonly proposal?: readonly string[] | undefined;
  readonly children: readonly IpsecChildWords[];
}

/** A child of a peer in words. */
export interface IpsecChildWords {
  readonly name: string;
  readonly localTs?: readonly string[] | undefined;
  readonly remoteTs?: readonly string[] | undefined;
  readonly protocol?: string | undefined;
  readonly localPort?: string | undefined;
  readonly remotePort?: string | undefined;
  readonly espProposal?: readonly string[] | undefined;
}

/** The shortest time an IKE_SA may live: a re-authentication with OCSP and CRLs takes seconds, and interrupts traffic. */
export const MIN_REAUTH_SECONDS = 60;

/** What one peer needs of each is one or two; more of them make a line that nobody checks. */
const MAX_LISTED = 16;
const MAX_DESCRIPTION_CHARACTERS = 200;

/**
 * Make a peer of words, as far as they can be judged by themselves.
 *
 * @param socket of charon's VICI, absolute
 * @throws {CertError} CONFIG_INVALID, DN_INVALID, NAME_INVALID
 */
export function ipsecPeerOf(name: Label, socket: string, words: IpsecPeerWords): IpsecPeer {
  const fail = (why: string, hint: string): never => {
    throw new CertError('CONFIG_INVALID', `Cannot set up IPsec peer "${name}": ${why}`, { hint });
  };
  const local = addresses(words.localAddress ?? [], 'local-address', fail);
  const remote = addresses(words.peer, 'peer', fail);
  if (isOfOtherFamilies(local, remote)) {
    fail(
      'of local-address and peer one is IPv4 and the other IPv6',
      'Give addresses of the same family, or leave local-address out',
    );
  }
  const isInitiator = words.initiator ?? false;
  if (words.peer.length === 0)
    fail('peer is missing', 'Give the address of the other side, or any');
  if (isInitiator && remote.length === 0) {
    fail(
      'an initiator has to know whom to call, and peer is any',
      'Give an address, or leave initiator out',
    );
  }
  const { reauthTime, description } = words;
  if (reauthTime !== undefined && reauthTime < MIN_REAUTH_SECONDS) {
    fail(
      `reauth-time is ${reauthTime} s, at least are ${MIN_REAUTH_SECONDS} s`,
      'Give more, as in 1h or 3d',
    );
  }
  if (description !== undefined) checkDescription(description, fail);
  for (const uri of listed(words.crlUri, 'crl-uri', fail)) checkUri(uri, fail);
  const ocspObject = words.ocspCertValidator?.replace(/^\/Common\//, '');
  const children = words.children.map((child) => childOf(child, fail));
  checkChildren(children, fail);
  return {
    name,
    socket,
    ...(description !== undefined && { description }),
    localAddresses: local,
    remoteAddresses: remote,
    ...(words.localId !== undefined && { localId: identity(words.localId) }),
    // "any" is what its absence means.
    ...(words.remoteId !== undefined &&
      !/^%?any$/.test(words.remoteId) && { remoteId: identity(words.remoteId) }),
    certificate: words.certificate,
    ca: labels(words.ca, 'ca', fail),
    ...(words.policy !== undefined && { policy: words.policy }),
    isInitiator,
    ...(words.revocation !== undefined && { revocation: words.revocation }),
    ...(ocspObject !== undefined && { ocspObject }),
    crls: labels(words.caCrl, 'ca-crl-name', fail),
    crlUris: unique(words.crlUri ?? []),
    ...(reauthTime !== undefined && { reauthSeconds: reauthTime }),
    reauthenticates: words.reauthOnRenewal ?? false,
    proposals: proposals(words.proposal, 'proposal', fail),
    children,
  };
}

type Fail = (why: string, hint: string) => never;

function addresses(given: readonly string[], word: string, fail: Fail): readonly string[] {
  const all = unique(listed(given, word, fail));
  if (all.some((each) => /^%?any$/.test(each))) {
    if (all.length > 1) fail(`${word} is any, and something else`, 'Say one of them');
    return [];
  }
  for (const each of all) {
    const isHost =
      /[A-Za-z]/.test(each) &&
      /^(?=.{1,253}$)[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*$/.test(each);
    if (parseIpAddress(each) === undefined && !isHost) {
      fail(
        `${word} ${quoted(each)} is neither an address nor a host name`,
        'Give one as in 192.0.2.1, 2001:db8::1 or gw.example, or any',
      );
    }
  }
  return all;
}

/** Of host names nobody knows before. */
function isOfOtherFamilies(local: readonly string[], remote: readonly string[]): boolean {
  const [ours, theirs] = [local, remote].map((all) =>
    all.map((each) => parseIpAddress(each)?.length),
  );
  const known = [...(ours ?? []), ...(theirs ?? [])];
  if (local.length === 0 || remote.length === 0 || known.includes(undefined)) return false;
  return ours?.some((octets) => theirs?.includes(octets)) === false;
}

function identity(text: string): string {
  return formatIkeIdentity(parseIkeIdentity(text));
}

function labels(given: readonly string[] | undefined, word: string, fail: Fail): readonly string[] {
  const all = (given ?? []).flatMap((each) => each.split(','));
  return unique(listed(all, word, fail).map((each) => String(parseLabel(each, word))));
}

function proposals(
  given: readonly string[] | undefined,
  word: string,
  fail: Fail,
): readonly string[] {
  const all = listed(given, word, fail);
  for (const each of all) {
    if (/^[a-z0-9_]{1,40}(?:-[a-z0-9_]{1,40}){0,15}$/.test(each)) continue;
    fail(`${word} ${quoted(each)} is no proposal`, 'Write it as charon does: aes128-sha256-ecp256');
  }
  return unique(all);
}

function checkUri(uri: string, fail: Fail): void {
  const url = /^(?:https?|ftp|ldap):\/\/\S{1,2000}$/i.test(uri) ? URL.parse(uri) : null;
  if (url === null) {
    fail('crl-uri is no URL that charon could fetch from', 'Give one of http, https, ftp or ldap');
  } else if (url.username !== '' || url.password !== '') {
    fail('crl-uri has a user name or a password in it', 'Write it without "user:password@"');
  }
}

function checkDescription(text: string, fail: Fail): void {
  if (text.length > MAX_DESCRIPTION_CHARACTERS) {
    fail(`description has ${text.length} characters`, `Say it in ${MAX_DESCRIPTION_CHARACTERS}`);
  }
  if (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(text)) {
    fail('there are control characters in description', 'Write it in one line');
  }
}

function childOf(words: IpsecChildWords, fail: Fail): IpsecChild {
  const name = parseLabel(words.name, 'child');
  const { protocol } = words;
  const side = (given: readonly string[] | undefined, port: string | undefined, word: string) => {
    const all = listed(given, word, fail);
    if (all.length === 0) {
      fail(`child "${name}" has no ${word}`, 'Give a subnet, a range or dynamic on both sides');
    }
    return unique(all.map((each) => formatSelector(parseSelector(each, { protocol, port }))));
  };
  return {
    name,
    localSelectors: side(words.localTs, words.localPort, 'local-ts'),
    remoteSelectors: side(words.remoteTs, words.remotePort, 'remote-ts'),
    espProposals: proposals(words.espProposal, 'esp-proposal', fail),
  };
}

function checkChildren(children: readonly IpsecChild[], fail: Fail): void {
  if (children.length > MAX_IPSEC_CHILDREN) {
    fail(
      `it has ${children.length} children, at most are ${MAX_IPSEC_CHILDREN}`,
      'Put more selectors into one child, or set up another peer',
    );
  }
  const names = children.map(({ name }) => name);
  const twice = names.find((name, at) => names.indexOf(name) < at);
  if (twice !== undefined) fail(`child "${twice}" is given twice`, 'Give each a name of its own');
  for (const { name, localSelectors, remoteSelectors } of children) {
    const [local, remote] = [localSelectors, remoteSelectors].map((all) =>
      all.map((each) => parseSelector(each)),
    );
    const families = [local, remote].map((all) =>
      unique((all ?? []).map(({ range }) => range?.octets)).toSorted((a, b) => (a ?? 0) - (b ?? 0)),
    );
    const isDynamic = families.some((all) => all.includes(undefined));
    if (!isDynamic && families[0]?.join() !== families[1]?.join()) {
      fail(
        `child "${name}" has IPv4 on one side and IPv6 on the other`,
        'Give selectors of the same family on both sides',
      );
    }
    const differs = local?.some((one) =>
      remote?.some((two) => one.protocol !== two.protocol && one.protocol * two.protocol > 0),
    );
    if (differs === true) {
      fail(
        `child "${name}" has one protocol on one side and another on the other`,
        'Give the same one on both sides, or one child for each',
      );
    }
  }
}

function listed(given: readonly string[] | undefined, word: string, fail: Fail): readonly string[] {
  const all = given ?? [];
  if (all.length > MAX_LISTED)
    fail(`${word} has ${all.length} values`, `At most are ${MAX_LISTED}`);
  return all;
}

function unique<T>(all: readonly T[]): readonly T[] {
  return [...new Set(all)];
}
