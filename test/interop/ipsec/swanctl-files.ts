import type { SceneCa, SceneLeaf } from './scene-ca.ts';

/** A connection as an operator writes it for swanctl, without our program. */
export interface WrittenConnection {
  readonly name: string;
  readonly localAddress: string;
  /** `%any` to be only answered. */
  readonly remoteAddress: string;
  /** Pinned; without it charon takes one that fits `localId`. */
  readonly leaf?: SceneLeaf;
  readonly localId: string;
  readonly remoteId: string;
  /** Anchors of the peer. */
  readonly anchors: readonly SceneCa[];
  readonly revocation?: 'strict' | 'ifuri' | 'relaxed';
  /** More lines, such as `reauth_time = 3s`. */
  readonly lines?: readonly string[];
  /** Without any it is an IKE_SA alone. */
  readonly child?: {
    readonly name: string;
    readonly local: string;
    readonly remote: string;
    /** More lines, such as `start_action = trap`. */
    readonly lines?: readonly string[];
  };
}

/** Where the status of what a CA issued is, beside what certificates say. */
export interface WrittenAuthority {
  readonly ca: SceneCa;
  readonly ocspUris?: readonly string[];
  readonly crlUris?: readonly string[];
}

/** Everything that one gateway has. */
export interface WrittenGateway {
  readonly connections: readonly WrittenConnection[];
  /** With their keys. */
  readonly leaves: readonly SceneLeaf[];
  /** Own and others' CAs, roots and what is below. */
  readonly cas: readonly SceneCa[];
  readonly authorities?: readonly WrittenAuthority[];
  /** DER. */
  readonly crls?: readonly Uint8Array[];
}

/** Write the files of a gateway, for `Charon.load`. */
export function filesOf(gateway: WrittenGateway): Readonly<Record<string, string | Uint8Array>> {
  const { connections, leaves, cas, authorities = [], crls = [] } = gateway;
  return {
    'swanctl.conf': [
      'connections {',
      ...connections.flatMap(connectionLines),
      '}',
      'authorities {',
      ...authorities.flatMap(authorityLines),
      '}',
      '',
    ].join('\n'),
    ...Object.fromEntries(
      leaves.flatMap(({ name, pem, keyPem }) => [
        [`x509/${name}.pem`, pem],
        [`private/${name}.pem`, keyPem],
      ]),
    ),
    ...Object.fromEntries(crls.map((der, i) => [`x509crl/${i}.crl`, der])),
    ...Object.fromEntries(cas.map(({ name, pem }) => [`x509ca/${name}.pem`, pem])),
  };
}

function connectionLines(connection: WrittenConnection): readonly string[] {
  const { name, leaf, child, anchors, revocation, lines = [] } = connection;
  return [
    `  ${name} {`,
    '    version = 2',
    `    local_addrs = ${connection.localAddress}`,
    `    remote_addrs = ${connection.remoteAddress}`,
    '    proposals = aes128-sha256-ecp256',
    ...(child === undefined ? ['    childless = force'] : []),
    ...lines.map((line) => `    ${line}`),
    '    local {',
    '      auth = pubkey',
    `      id = "${connection.localId}"`,
    ...(leaf === undefined ? [] : [`      certs = ${leaf.name}.pem`]),
    '    }',
    '    remote {',
    '      auth = pubkey',
    `      id = "${connection.remoteId}"`,
    `      cacerts = ${anchors.map((ca) => `${ca.name}.pem`).join(', ')}`,
    ...(revocation === undefined ? [] : [`      revocation = ${revocation}`]),
    '    }',
    ...(child === undefined ? [] : childLines(child)),
    '  }',
  ];
}

function childLines(child: NonNullable<WrittenConnection['child']>): readonly string[] {
  return [
    '    children {',
    `      ${child.name} {`,
    `        local_ts = ${child.local}`,
    `        remote_ts = ${child.remote}`,
    '        esp_proposals = aes128-sha256',
    ...(child.lines ?? []).map((line) => `        ${line}`),
    '      }',
    '    }',
  ];
}

function authorityLines({ ca, ocspUris = [], crlUris = [] }: WrittenAuthority): readonly string[] {
  return [
    `  ${ca.name} {`,
    `    cacert = ${ca.name}.pem`,
    ...(ocspUris.length === 0 ? [] : [`    ocsp_uris = ${ocspUris.join(', ')}`]),
    ...(crlUris.length === 0 ? [] : [`    crl_uris = ${crlUris.join(', ')}`]),
    '  }',
  ];
}
