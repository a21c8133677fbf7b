import type { CaBehaviour, PresetName } from './ca-profile.ts';

/** What an operator may leave unsaid, strict, as RFC 9483 has it. */
const rfc9483: Omit<CaBehaviour, 'preset'> = {
  pvno: 2,
  implicitConfirm: true,
  /** Until it can be found out whether a CA knows PBMAC1. */
  protection: 'pbm',
  /** RFC 9045 section 4.1: at least 10 000 iterations where a person may have chosen the secret. */
  // P3: the default, and SHA-1 for nobody who does not ask for it.
  pbm: { owf: 'sha256', mac: 'hmac-sha256', iterationCount: 10_000 },
  rsaSignature: 'pkcs1',
  macSender: 'reference',
  signedAnswers: false,
  unprotectedErrors: false,
  ignoreKeyUsage: false,
  lenientErrorNonces: false,
  updateExtensions: 'none',
  weakProtection: 'warn',
  timeToleranceSeconds: 300,
  transactionDeadlineSeconds: 1_209_600,
  minPollSeconds: 5,
  connectTimeoutSeconds: 10,
  responseTimeoutSeconds: 60,
  allowLegacyAlgorithms: false,
  trustCapubs: false,
  trustFirstUse: false,
};

/** Where CAs differ from RFC 9483, as rows: nothing else in the program asks for a preset's name. */
export const presets: Readonly<
  Record<PresetName, { readonly summary: string; readonly behaviour: Omit<CaBehaviour, 'preset'> }>
> = {
  rfc9483: {
    summary: 'The Lightweight CMP Profile, strictly',
    behaviour: rfc9483,
  },
  interoperable: {
    summary:
      'RFC 9810 with what common servers do otherwise; still nothing unauthenticated is a yes',
    behaviour: {
      ...rfc9483,
      signedAnswers: true,
      ignoreKeyUsage: true,
      lenientErrorNonces: true,
      timeToleranceSeconds: 3600,
    },
  },
  ejbca: {
    // Its default is to sign its answers and to send most errors unprotected.
    summary: 'EJBCA: signed answers to a shared secret, unprotected errors',
    behaviour: {
      ...rfc9483,
      signedAnswers: true,
      unprotectedErrors: true,
      ignoreKeyUsage: true,
      lenientErrorNonces: true,
    },
  },
  'openssl-mock': {
    // It knows no other MAC than PasswordBasedMac and takes any iteration count up to 100 000.
    summary: 'The server of "openssl cmp", for tests',
    behaviour: {
      ...rfc9483,
      pbm: { owf: 'sha256', mac: 'hmac-sha1', iterationCount: 500 },
      minPollSeconds: 1,
    },
  },
  '3gpp': {
    // TS 33.310 clause 9: base stations enrol with the vendor's certificate before they know the operator's root.
    summary: 'Base stations: signed with the vendor certificate; allows trust-first-use',
    behaviour: { ...rfc9483, ignoreKeyUsage: false },
  },
};
