import type { OutputFile, OutputKind } from '../store/deployments-contract.ts';
import { plainEnvironment } from './run-command.ts';

/** Why a hook is run. */
export type HookEvent = 'issued' | 'renewed' | 'imported' | 'restored' | 'test';

/** What a hook is told; nothing of it is secret. */
export interface HookOccasion {
  readonly name: string;
  readonly event: HookEvent;
  /** Hexadecimal, lower case, as all serial numbers here. */
  readonly serial: string;
  /** Absent when there was none before. */
  readonly oldSerial?: string;
  readonly notAfter: string;
  /** In the order in which they were written. */
  readonly files: readonly OutputFile[];
}

const variables: Readonly<Record<OutputKind, string>> = {
  key: 'CERTKEEPER_KEY_FILE',
  cert: 'CERTKEEPER_CERT_FILE',
  chain: 'CERTKEEPER_CHAIN_FILE',
  fullchain: 'CERTKEEPER_FULLCHAIN_FILE',
  combined: 'CERTKEEPER_COMBINED_FILE',
  pkcs12: 'CERTKEEPER_PKCS12_FILE',
  der: 'CERTKEEPER_DER_FILE',
  ca: 'CERTKEEPER_CA_FILE',
};

/** Make the environment of a hook: names, paths and serial numbers; of several files of a kind the first. */
export function hookEnvironment(occasion: HookOccasion): Readonly<Record<string, string>> {
  const { name, event, serial, oldSerial = '', notAfter, files } = occasion;
  return {
    ...plainEnvironment,
    CERTKEEPER_NAME: name,
    CERTKEEPER_EVENT: event,
    CERTKEEPER_SERIAL: serial,
    CERTKEEPER_OLD_SERIAL: oldSerial,
    CERTKEEPER_NOT_AFTER: notAfter,
    CERTKEEPER_FILES: files.map(({ path }) => path).join('\n'),
    ...Object.fromEntries(files.toReversed().map(({ kind, path }) => [variables[kind], path])),
  };
}
