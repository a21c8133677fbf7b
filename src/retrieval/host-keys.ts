import { createHash, createHmac } from 'node:crypto';
import { CertError } from '../base/errors.ts';

/** Whom to take for an SSH server: nobody whose key is not configured. */
export type HostKeys =
  | {
      readonly type: 'fingerprints';
      /** As `ssh-keygen -lf` shows them: "SHA256:" and 43 characters of Base64. One that fits is enough. */
      readonly fingerprints: readonly string[];
    }
  | {
      readonly type: 'known-hosts';
      /** Path of a file as in sshd(8), SSH_KNOWN_HOSTS FILE FORMAT. */
      readonly path: string;
    };

/** A line of a known_hosts file that is about the host. */
export interface KnownKey {
  /** "ssh-ed25519" */
  readonly type: string;
  /** Base64 of the key as it goes over the wire. */
  readonly key: string;
  readonly isRevoked: boolean;
}

/**
 * Format the fingerprint of a host key as OpenSSH shows it.
 *
 * @param key as it goes over the wire (RFC 4253 section 6.6)
 */
export function fingerprintOf(key: Uint8Array): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

/** Read the type of a host key, which is its first string; empty when there is none. */
export function keyTypeOf(key: Uint8Array): string {
  const octets = Buffer.from(key);
  if (octets.length < 4) return '';
  return octets.toString('latin1', 4, 4 + octets.readUInt32BE(0)).replace(/[^!-~]/g, '?');
}

/**
 * Check fingerprints.
 *
 * @returns them without padding
 * @throws {CertError} CONFIG_INVALID: none, or not SHA-256
 */
export function checkFingerprints(fingerprints: readonly string[]): readonly string[] {
  const hint = 'Take it from ssh-keygen -lf on the server: SHA256: and 43 characters';
  if (fingerprints.length === 0) {
    throw new CertError('CONFIG_INVALID', 'Cannot use sftp without the host key of the server', {
      hint,
    });
  }
  return fingerprints.map((fingerprint) => {
    const bare = fingerprint.trim().replace(/=$/, '');
    if (/^SHA256:[A-Za-z0-9+/]{43}$/.test(bare)) return bare;
    throw new CertError(
      'CONFIG_INVALID',
      `Cannot use ${JSON.stringify(fingerprint)} as fingerprint of a host key`,
      { hint },
    );
  });
}

/**
 * Find the keys of a host in the text of a known_hosts file. Lines with `@cert-authority` are passed over: host
 * certificates are not understood.
 */
export function knownKeysOf(text: string, host: string, port: number): readonly KnownKey[] {
  const name = port === 22 ? host.toLowerCase() : `[${host.toLowerCase()}]:${port}`;
  return text.split('\n').flatMap((line) => {
    const words = line.trim().split(/\s+/);
    if (words[0]?.startsWith('#')) return [];
    const marker = words[0]?.startsWith('@') ? words.shift() : undefined;
    if (marker !== undefined && marker !== '@revoked') return [];
    const [hosts = '', type, key] = words;
    if (type === undefined || key === undefined || !isNamed(hosts, name)) return [];
    return [{ type, key, isRevoked: marker === '@revoked' }];
  });
}

function isNamed(hosts: string, name: string): boolean {
  if (hosts.startsWith('|')) return isHashOf(hosts, name);
  let isFound = false;
  for (const pattern of hosts.split(',')) {
    const isNot = pattern.startsWith('!');
    if (!isLike(name, isNot ? pattern.slice(1) : pattern)) continue;
    if (isNot) return false;
    isFound = true;
  }
  return isFound;
}

/** What `ssh-keygen -H` makes of a name: "|1|", salt, "|", HMAC-SHA1 of the name. */
function isHashOf(hosts: string, name: string): boolean {
  const [, version, salt = '', hash = ''] = hosts.split('|');
  if (version !== '1') return false;
  const mac = createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest();
  return mac.equals(Buffer.from(hash, 'base64'));
}

/** Compare with a pattern: "*" stands for any characters and "?" for one. Looks at each place once per "*". */
function isLike(name: string, pattern: string): boolean {
  const [first = '', ...others] = pattern.toLowerCase().split('*');
  const fits = (part: string, at: number): boolean =>
    at >= 0 &&
    at + part.length <= name.length &&
    [...part].every((character, i) => character === '?' || character === name[at + i]);
  const last = others.pop();
  if (!fits(first, 0)) return false;
  if (last === undefined) return first.length === name.length;
  let at = first.length;
  for (const part of others) {
    while (!fits(part, at)) if ((at += 1) > name.length) return false;
    at += part.length;
  }
  return name.length - last.length >= at && fits(last, name.length - last.length);
}
