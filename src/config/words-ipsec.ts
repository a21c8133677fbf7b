import type { WordsOf } from './words.ts';

/** A tunnel of strongSwan, in the words of `ipsec peer add`. */
export const ipsecPeerWords = {
  socket: {
    type: 'text',
    summary: 'Socket of the VICI of charon; /run/charon.vici or /var/run/charon.vici',
  },
  description: { type: 'text', summary: 'What it is, for people' },
  'local-address': { type: 'text', many: true, summary: 'Our addresses; any of this machine' },
  peer: {
    type: 'text',
    many: true,
    required: true,
    summary: 'Addresses or host names of the other side, or any',
  },
  'local-id': { type: 'text', summary: 'Who we are; the subject of the certificate' },
  'remote-id': { type: 'text', summary: 'Who the other side has to be; any its certificate has' },
  certificate: { type: 'name', required: true, summary: 'Our certificate, by its name' },
  ca: { type: 'text', many: true, summary: 'Whom to believe, by label; those of the policy' },
  policy: { type: 'text', summary: 'Policy by which the other side is judged' },
  initiator: { type: 'switch', summary: 'We call; off' },
  revocation: {
    type: 'choice',
    choices: ['strict', 'relaxed', 'ifuri'],
    summary: 'What is made of a certificate nobody gives a word on; as the policy says, strict',
  },
  'ocsp-cert-validator': {
    type: 'text',
    summary: 'OCSP object by which the agent answers charon; that of the policy',
  },
  'ca-crl': { type: 'text', many: true, summary: 'CRLs that are verified here and loaded' },
  'crl-uri': { type: 'text', many: true, summary: 'Where charon itself may fetch CRLs' },
  'reauth-time': {
    type: 'duration',
    min: 60,
    summary: 'How long until both authenticate anew; never',
  },
  'reauth-on-renewal': {
    type: 'switch',
    summary: 'Authenticate anew as soon as there is another certificate of ours; off',
  },
  proposal: { type: 'text', many: true, summary: "Algorithms of the IKE_SA; charon's own" },
} as const;

/** Traffic of a tunnel. */
export const ipsecChildWords = {
  'local-ts': {
    type: 'text',
    many: true,
    required: true,
    summary: 'Our side: 10.1.0.0/24, 10.1.0.1-10.1.0.9, dynamic; [tcp/443] may follow',
  },
  'remote-ts': { type: 'text', many: true, required: true, summary: 'The other side' },
  'esp-proposal': { type: 'text', many: true, summary: "Its algorithms; charon's own" },
} as const;

/** A tunnel as the file has it. */
export type IpsecPeerFileWords = WordsOf<typeof ipsecPeerWords> & {
  readonly child?: Readonly<Record<string, WordsOf<typeof ipsecChildWords>>> | undefined;
};
