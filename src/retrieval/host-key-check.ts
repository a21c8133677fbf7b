import { readFile } from 'node:fs/promises';
import { CertError } from '../base/errors.ts';
import { printable } from '../base/printable.ts';
import { unusable } from './failure.ts';
import {
  checkFingerprints,
  fingerprintOf,
  keyTypeOf,
  knownKeysOf,
  type HostKeys,
} from './host-keys.ts';

/** The server whose key is checked. */
export interface HostToCheck {
  readonly url: string;
  readonly host: string;
  readonly port: number;
}

/** What a session is told about host keys, and what became of it. */
export interface HostKeyExpectation {
  readonly options: {
    readonly hostVerifier: (key: Buffer) => boolean;
    readonly algorithms: { readonly serverHostKey: HostKeyAlgorithm[] };
  };
  /** The refusal of the key that was shown, if it was refused. */
  refusal(): CertError | undefined;
}

/** Signatures of host keys that are taken, by the type of the key: none with SHA-1, and no DSA. */
const algorithmsOf = {
  'ssh-ed25519': ['ssh-ed25519'],
  'ecdsa-sha2-nistp256': ['ecdsa-sha2-nistp256'],
  'ecdsa-sha2-nistp384': ['ecdsa-sha2-nistp384'],
  'ecdsa-sha2-nistp521': ['ecdsa-sha2-nistp521'],
  'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256'],
} as const;

type KeyType = keyof typeof algorithmsOf;
type HostKeyAlgorithm = (typeof algorithmsOf)[KeyType][number];

/**
 * Prepare the check of a server's host key. A key that was never seen is a wrong key: there is no first time.
 *
 * @throws {CertError} CONFIG_INVALID: nothing is configured for this host; FILE_UNREADABLE: known_hosts
 */
export async function expectHostKey(
  hostKeys: HostKeys | undefined,
  server: HostToCheck,
): Promise<HostKeyExpectation> {
  if (hostKeys === undefined) {
    throw unusable(
      server.url,
      'no host key is configured for the server',
      'Set its fingerprint (SHA256:…) or a known_hosts file, got from its operator, with "certkeeper retrieval server"',
    );
  }
  if (hostKeys.type === 'fingerprints') {
    const wanted = checkFingerprints(hostKeys.fingerprints);
    return expectation(server, allTypes(), wanted.join(' or '), (key) =>
      wanted.includes(fingerprintOf(key)),
    );
  }
  const known = knownKeysOf(await readKnownHosts(hostKeys.path), server.host, server.port);
  const trusted = known.filter(({ isRevoked }) => !isRevoked);
  // Asked for just these, a server with several keys shows one that can be compared.
  const types = allTypes().filter((type) => trusted.some((key) => key.type === type));
  if (types.length === 0) {
    throw unusable(
      server.url,
      `no key of the host is in "${printable(hostKeys.path)}"`,
      'Ask the operator of the server for its key, and add it',
    );
  }
  return expectation(server, types, `one of "${printable(hostKeys.path)}"`, (key) => {
    const same = known.filter((each) => Buffer.from(each.key, 'base64').equals(key));
    return same.length > 0 && same.every(({ isRevoked }) => !isRevoked);
  });
}

function expectation(
  { url }: HostToCheck,
  types: readonly KeyType[],
  wanted: string,
  isRight: (key: Uint8Array) => boolean,
): HostKeyExpectation {
  let refusal: CertError | undefined;
  return {
    options: {
      algorithms: { serverHostKey: types.flatMap((type) => [...algorithmsOf[type]]) },
      hostVerifier: (key: Buffer) => {
        if (isRight(key)) return true;
        const shown = `${keyTypeOf(key)} ${fingerprintOf(key)}`;
        refusal = new CertError(
          'HOST_KEY_UNTRUSTED',
          `Cannot fetch "${url}": the host key is ${shown}, expected ${wanted}`,
          {
            hint: 'Ask the operator of the server before you change anything; a server with several keys shows one of them, and that is the one to configure',
          },
        );
        return false;
      },
    },
    refusal: () => refusal,
  };
}

function allTypes(): readonly KeyType[] {
  return [
    'ssh-ed25519',
    'ecdsa-sha2-nistp256',
    'ecdsa-sha2-nistp384',
    'ecdsa-sha2-nistp521',
    'ssh-rsa',
  ];
}

async function readKnownHosts(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new CertError('FILE_UNREADABLE', `Cannot read known_hosts "${printable(path)}"`, {
      cause,
      hint: 'Check path and permissions',
    });
  }
}
