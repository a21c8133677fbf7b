import type { SigningKey } from '../crypto/keys.ts';
import type { Authorities, Authority } from './authority.ts';

/** Let the CAs and the RA sign with RSASSA-PSS where they have RSA keys; other keys stay as they are. */
export function withPss(authorities: Authorities): Authorities {
  const { root, issuing, ra, rolled } = authorities;
  return {
    ...authorities,
    root: padded(root),
    issuing: padded(issuing),
    ra: padded(ra),
    ...(rolled && { rolled: { ...rolled, previous: padded(rolled.previous) } }),
  };
}

function padded(authority: Authority): Authority {
  const { key } = authority;
  const bits = /^rsa-(\d+)$/.exec(key.keyType)?.[1];
  if (bits === undefined) return authority;
  // What signs by a key's type takes it for one that is bound to RSASSA-PSS; the public key says less.
  const bound: SigningKey = {
    keyType: `rsa-pss-${Number(bits)}`,
    spki: key.spki,
    sign: (data, algorithm) => key.sign(data, algorithm),
  };
  return { ...authority, key: bound };
}
