import { ocspProfile, ocspSettings } from '../settings/ocsp-settings.ts';
import { policySettings } from '../settings/policy-settings.ts';
import type { ParameterTable } from './parameter.ts';
import { parametersOf } from './setting-parameters.ts';

const ofItsOwn: ReadonlySet<string> = new Set(['name', 'tunnel-password']);

/** `ocsp verify-object`: its settings as they are in their table. */
export const ocspObjectParameters: ParameterTable = {
  name: {
    type: 'text',
    names: 'ocsp',
    required: true,
    positional: true,
    placeholder: 'N',
    summary: 'Name of the object: 1 to 35 of A-Z a-z 0-9 _ -',
  },
  ...parametersOf([ocspProfile, ...ocspSettings.filter(({ word }) => !ofItsOwn.has(word))]),
  'tunnel-password': {
    type: 'secret',
    summary: 'Password of the user at the proxy; kept sealed, never shown',
  },
  'for-ca': {
    type: 'text',
    many: true,
    placeholder: 'L',
    summary:
      'The CAs that the signing-certs may speak for, or any; for one alone, write LABEL:CA,CA or LABEL:any',
  },
};

/** `no ocsp verify-object`. */
export const noOcspObjectParameters = {
  name: {
    type: 'text',
    names: 'ocsp',
    required: true,
    positional: true,
    placeholder: 'N',
    summary: 'Name of the object',
  },
} as const;

/** `no ocsp`. */
export const noOcspParameters = {
  policy: {
    type: 'label',
    placeholder: 'P',
    usual: 'the only one there is',
    summary: 'The policy',
  },
  nonce: { type: 'flag', summary: 'The same, for what was set as "ocsp nonce"' },
} as const;

/** `show ocsp`. */
export const showOcspParameters = {
  'verify-object': {
    type: 'text',
    names: 'ocsp',
    placeholder: 'N',
    summary: 'Only the object of this name',
  },
  all: { type: 'flag', summary: 'Every object, which is also what is shown without a word' },
} as const;

/** `ca-crl name`. */
export const caCrlParameters = {
  name: {
    type: 'label',
    names: 'crl',
    required: true,
    positional: true,
    placeholder: 'N',
    summary: 'Name of the CRL',
  },
  format: {
    type: 'choice',
    choices: ['der', 'pem'],
    required: true,
    positional: true,
    summary: 'How it is written; the octets decide, and another form is warned of',
  },
  url: {
    type: 'text',
    required: true,
    placeholder: 'U',
    summary: 'Where it is fetched from: a path, or a URL of http, https, ftp, sftp, tftp or ldap',
  },
  refresh: {
    type: 'duration',
    usual: 'by its nextUpdate',
    summary: 'Fetch it again after this long at the latest',
  },
} as const;

/** `no ca-crl name`. */
export const noCaCrlParameters = {
  name: {
    type: 'label',
    names: 'crl',
    required: true,
    positional: true,
    placeholder: 'N',
    summary: 'Name of the CRL',
  },
} as const;

/** `clear ca-crl`. */
export const clearCaCrlParameters = {
  name: { type: 'label', names: 'crl', placeholder: 'N', summary: 'The CRL of this name' },
  url: {
    type: 'text',
    placeholder: 'U',
    summary: 'The one that came from this place, which certificates name',
  },
} as const;

/** `show ca-crl`. */
export const showCaCrlParameters = {
  name: { type: 'label', names: 'crl', placeholder: 'N', summary: 'Only the CRL of this name' },
  all: { type: 'flag', summary: 'Every CRL, which is also what is shown without a word' },
} as const;

const policyName = {
  type: 'label',
  names: 'policy',
  required: true,
  positional: true,
  placeholder: 'P',
  summary: 'Name of the policy',
} as const;

const [, ...policyWords] = policySettings;

function policyParameters(kinds: readonly string[]): ParameterTable {
  return {
    name: policyName,
    kind: {
      type: 'choice',
      choices: kinds,
      required: true,
      positional: true,
      summary: 'What of a gateway it is',
    },
    ...parametersOf(policyWords.filter(({ word }) => word !== 'ocsp')),
    ocsp: {
      type: 'flag',
      summary:
        'Ask the responders that certificates name, believing whoever issued the certificate or was named by that CA',
    },
    'ocsp nonce': { type: 'flag', summary: 'Ask them with a nonce, which has to come back' },
  };
}

/** `crypto map`. */
export const cryptoMapParameters: ParameterTable = policyParameters(['ikev2-ipv4', 'ikev2-ipv6']);

/** `crypto template`. */
export const cryptoTemplateParameters: ParameterTable = policyParameters(['ikev2-dynamic']);

/** `no crypto map`, `no crypto template`. */
export const noPolicyParameters: { readonly name: typeof policyName } = { name: policyName };

/** `show crypto policy`. */
export const showPolicyParameters = {
  name: {
    type: 'label',
    names: 'policy',
    positional: true,
    placeholder: 'P',
    summary: 'Only the policy of this name',
  },
} as const;

/** `verify`. */
export const verifyParameters = {
  file: {
    type: 'file',
    positional: true,
    placeholder: 'FILE',
    summary: 'File or URL of the certificate, PEM or DER, and of what comes along with it',
  },
  'cert-name': {
    type: 'label',
    names: 'certificate',
    summary: 'The certificate of ours by this name, with its chain, as a peer would judge it',
  },
  chain: { type: 'file', summary: 'File or URL of more that comes along, in any order' },
  ca: {
    type: 'label',
    names: 'trusted',
    many: true,
    placeholder: 'L',
    usual: 'those of the policy',
    summary: 'Whom to believe: a CA certificate, or the roots of a CA profile, by label',
  },
  policy: {
    type: 'label',
    placeholder: 'P',
    usual: 'any purpose; strict, by OCSP and by the CRLs that certificates name',
    summary: 'Policy to judge by',
  },
  'ocsp-object': {
    type: 'text',
    names: 'ocsp',
    placeholder: 'O',
    summary: 'OCSP object to ask by, in place of that of the policy',
  },
  staple: { type: 'file', summary: 'OCSP response that the peer sent along, DER' },
  identity: {
    type: 'text',
    placeholder: 'ID',
    summary:
      'Who it has to be of: dns:HOST, email:MAILBOX, ip:ADDRESS, uri:URI, or a distinguished name',
  },
  at: {
    type: 'text',
    placeholder: 'TIME',
    usual: 'now',
    summary: 'When it is judged, as 2026-12-01T00:00:00Z',
  },
  socket: {
    type: 'file',
    placeholder: 'PATH',
    summary: 'Ask the agent that listens here, and open no store: for members of its group',
  },
} as const;
