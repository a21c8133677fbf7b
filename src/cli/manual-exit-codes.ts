import type { ExitCode } from '../base/errors.ts';

/** What each exit code means, as `docs/errors.md` says it. */
export const exitCodeMeaning: Readonly<Record<ExitCode, string>> = {
  0: 'done',
  1: 'a bug in certkeeper',
  2: 'wrong usage: an argument is missing or malformed',
  3: 'configuration: something named on the command line or in the settings is not there or does not fit',
  4: 'the store, or a token with a key, cannot be opened, read or written',
  5: 'network: the CA cannot be reached, or what answered is not a CMP server',
  6: 'the peer is not authentic, or its answer breaks the protocol',
  7: 'the CA rejected the request',
  8: 'the CA has not decided yet; the transaction is outstanding',
  9: 'the certificate is not valid, or not what was asked for',
  10: 'done, but the files could not be delivered',
  11: 'doctor has found something that somebody has to act on',
};
