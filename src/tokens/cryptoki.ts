import type { PKCS11 } from 'pkcs11js';
import { CertError } from '../base/errors.ts';

/** A handle as the module gives it; it means something to nobody else. */
export type Handle = Buffer;

/** CK_ATTRIBUTE. */
export interface Attribute {
  readonly type: number;
  readonly value?: number | boolean | string | Buffer;
}

/** CK_MECHANISM. */
export interface Mechanism {
  readonly mechanism: number;
  readonly parameter?: {
    readonly type: number;
    readonly hashAlg: number;
    readonly mgf: number;
    readonly saltLen: number;
  };
}

/** What CK_TOKEN_INFO says of a token, as far as it is used. */
export interface TokenInfo {
  readonly label: string;
  readonly manufacturerID: string;
  readonly model: string;
  readonly serialNumber: string;
  readonly flags: number;
}

/**
 * The functions of a PKCS #11 module that are used here, as pkcs11js has them. They throw an error whose
 * `code` is the CK_RV. Written out, so that who has no pkcs11js can still compile against this package.
 */
export interface Cryptoki {
  C_Initialize(options?: { readonly flags: number }): void;
  C_Finalize(): void;
  C_GetSlotList(tokenPresent: boolean): Handle[];
  C_GetTokenInfo(slot: Handle): TokenInfo;
  C_OpenSession(slot: Handle, flags: number): Handle;
  C_CloseSession(session: Handle): void;
  C_Login(session: Handle, userType: number, pin?: string): void;
  C_FindObjectsInit(session: Handle, template: Attribute[]): void;
  C_FindObjects(session: Handle, maxObjectCount: number): Handle[];
  C_FindObjectsFinal(session: Handle): void;
  C_GetAttributeValue(session: Handle, object: Handle, template: Attribute[]): { value: Buffer }[];
  C_DestroyObject(session: Handle, object: Handle): void;
  C_GenerateKeyPairAsync(
    session: Handle,
    mechanism: Mechanism,
    publicTemplate: Attribute[],
    privateTemplate: Attribute[],
  ): Promise<{ readonly publicKey: Handle; readonly privateKey: Handle }>;
  C_SignInit(session: Handle, mechanism: Mechanism, key: Handle): void;
  C_SignAsync(session: Handle, data: Buffer, signature: Buffer): Promise<Buffer>;
  /** Take the module out of this process. */
  close(): void;
}

/**
 * Load a PKCS #11 module into this process, and pkcs11js before it: an optional dependency, which has to be
 * compiled where it is installed.
 *
 * @throws {CertError} CONFIG_INVALID when either cannot be loaded
 */
export async function loadCryptoki(path: string): Promise<Cryptoki> {
  let module: PKCS11;
  try {
    const { PKCS11 } = await import('pkcs11js');
    module = new PKCS11();
  } catch (cause) {
    throw new CertError(
      'CONFIG_INVALID',
      'Cannot use a key in a token: pkcs11js is not installed',
      {
        cause,
        hint: 'Install it beside certkeeper, where there is a C++ compiler: npm install pkcs11js@2; see docs/tokens.md',
      },
    );
  }
  try {
    module.load(path);
    return module;
  } catch (cause) {
    throw new CertError(
      'CONFIG_INVALID',
      `Cannot load the PKCS #11 module "${path}": ${cause instanceof Error ? cause.message : 'unknown error'}`,
      {
        cause,
        hint: 'Name the shared library of the token, as in /usr/lib/softhsm/libsofthsm2.so',
      },
    );
  }
}
