/** `ipsec peer add`. */
export const ipsecPeerAddParameters = {
  name: {
    type: 'label',
    names: 'ipsec-peer',
    required: true,
    positional: true,
    placeholder: 'NAME',
    summary: 'Name of the peer, which is that of its connection in charon',
  },
  socket: {
    type: 'file',
    placeholder: 'PATH',
    usual: '/run/charon.vici, or /var/run/charon.vici',
    summary: 'Socket of the VICI of charon',
  },
  'local-address': {
    type: 'text',
    many: true,
    placeholder: 'A',
    usual: 'any of this machine',
    summary: 'Our addresses or host names',
  },
  peer: {
    type: 'text',
    required: true,
    many: true,
    placeholder: 'A',
    summary: 'Addresses or host names of the other side; any lets everybody call who is believed',
  },
  'local-id': {
    type: 'text',
    placeholder: 'ID',
    usual: 'the subject of the certificate',
    summary:
      'Who we are: a host name, user@host, an address or a distinguished name that the certificate has',
  },
  'remote-id': {
    type: 'text',
    placeholder: 'ID',
    usual: 'any that its certificate has',
    summary: 'Who the other side has to be',
  },
  certificate: {
    type: 'label',
    names: 'certificate',
    required: true,
    placeholder: 'C',
    summary: 'Our certificate, by its name; charon gets every new one of that name',
  },
  ca: {
    type: 'text',
    names: 'trusted',
    many: true,
    placeholder: 'L',
    usual: 'those of the policy',
    summary: 'Whom to believe: a CA certificate, or the roots of a CA profile, by label',
  },
  policy: {
    type: 'text',
    names: 'policy',
    placeholder: 'P',
    summary: 'Policy by which the other side is judged; what is said here goes before it',
  },
  initiator: { type: 'flag', summary: 'We call, as soon as it is set up and whenever it is down' },
  revocation: {
    type: 'choice',
    choices: ['strict', 'relaxed', 'ifuri'],
    usual: 'strict with ocsp-cert-validator; else as the policy says, strict without one',
    summary: 'What is made of a certificate nobody gives a word on',
  },
  'ocsp-cert-validator': {
    type: 'text',
    names: 'ocsp',
    placeholder: 'OBJECT',
    usual: 'that of the policy',
    summary: 'OCSP object by which the agent answers charon about the other side',
  },
  'ca-crl list ca-crl-name': {
    type: 'text',
    names: 'crl',
    many: true,
    placeholder: 'N',
    summary: 'CRLs that are verified here and loaded, by the names they were set up with',
  },
  'crl-uri': {
    type: 'text',
    many: true,
    placeholder: 'U',
    summary: 'Where charon itself may fetch CRLs of these CAs, beside what certificates name',
  },
  'reauth-time': {
    type: 'duration',
    usual: 'never',
    summary: 'How long until both authenticate anew; that is when charon looks for revocation',
  },
  'reauth-on-renewal': {
    type: 'flag',
    summary: 'Authenticate anew as soon as there is another certificate of ours',
  },
  proposal: {
    type: 'text',
    many: true,
    placeholder: 'P',
    usual: "charon's own",
    summary: 'Algorithms of the IKE_SA, as in aes128-sha256-ecp256',
  },
  description: { type: 'text', summary: 'What it is, for whoever reads "show tunnel ipsec"' },
  later: { type: 'flag', summary: 'Only store it; it is loaded with the next deployment' },
  child: {
    type: 'label',
    many: true,
    placeholder: 'N',
    summary: 'Traffic between us, up to five; what follows is about this one',
  },
  'local-ts': {
    type: 'text',
    many: true,
    of: 'child',
    placeholder: 'TS',
    summary:
      'Of the child, our side: 10.1.0.0/24, 10.1.0.1-10.1.0.9, dynamic; [tcp/443] may follow',
  },
  'remote-ts': {
    type: 'text',
    many: true,
    of: 'child',
    placeholder: 'TS',
    summary: 'Of the child, the other side',
  },
  protocol: {
    type: 'text',
    of: 'child',
    placeholder: 'P',
    usual: 'any',
    summary: 'Of the child, both sides: tcp, udp, icmp and so on, or a number',
  },
  'local-port': {
    type: 'text',
    of: 'child',
    placeholder: 'N[-M]',
    usual: 'any',
    summary: 'Of the child, the port or range of ports on our side',
  },
  'remote-port': {
    type: 'text',
    of: 'child',
    placeholder: 'N[-M]',
    usual: 'any',
    summary: 'Of the child, that on the other side',
  },
  'esp-proposal': {
    type: 'text',
    many: true,
    of: 'child',
    placeholder: 'P',
    usual: "charon's own",
    summary: 'Of the child, its algorithms, as in aes128gcm16-ecp256',
  },
} as const;

/** `ipsec peer remove`. */
export const ipsecPeerRemoveParameters = {
  name: {
    type: 'label',
    names: 'ipsec-peer',
    required: true,
    positional: true,
    placeholder: 'NAME',
    summary: 'Name of the peer, which is that of its connection in charon',
  },
  force: { type: 'flag', summary: 'Forget it even where charon cannot be told' },
} as const;

/** `show ipsec peer`. */
export const showIpsecPeerParameters = {
  name: {
    type: 'label',
    names: 'ipsec-peer',
    positional: true,
    placeholder: 'NAME',
    summary: 'Only the peer of this name',
  },
} as const;

/** `show tunnel ipsec`. */
export const showTunnelParameters = {
  name: {
    type: 'label',
    names: 'ipsec-peer',
    positional: true,
    placeholder: 'NAME',
    summary: 'Every detail of the tunnel of this peer',
  },
} as const;
