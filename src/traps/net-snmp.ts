import { CertError } from '../base/errors.ts';

/** What of net-snmp is used to send. Two of its methods are none of its promises: see `own-engine.ts`. */
export interface NetSnmp {
  readonly Version2c: number;
  readonly ObjectType: Readonly<Record<'Integer' | 'OctetString' | 'Gauge', number>>;
  readonly PduType: { readonly TrapV2: number };
  readonly SecurityLevel: { readonly authPriv: number };
  readonly AuthProtocols: Readonly<Record<'sha256' | 'sha512', string>>;
  readonly PrivProtocols: Readonly<Record<'aes' | 'aes256b', string>>;
  createSession(host: string, community: string, options: SessionOptions): Session;
  createV3Session(host: string, user: SessionUser, options: SessionOptions): Session;
}

/** How a session talks. */
export interface SessionOptions {
  readonly version?: number;
  readonly transport: 'udp4' | 'udp6';
  /** For the second and later informs of version 3, which the library sends to this and not to `trapPort`. */
  readonly port: number;
  readonly trapPort: number;
  readonly retries: number;
  /** Milliseconds. */
  readonly timeout: number;
  readonly backoff: number;
  /** Hexadecimal; of traps of version 3. */
  readonly engineID?: string;
}

/** A user of the User-based Security Model. */
export interface SessionUser {
  readonly name: string;
  readonly level: number;
  readonly authProtocol: string;
  readonly authKey: string;
  readonly privProtocol: string;
  readonly privKey: string;
}

/** A value as the library sends it. */
export interface SessionVarbind {
  readonly oid: string;
  readonly type: number;
  readonly value: number | Buffer;
}

/** An error of the library is never shown: some carry keys, or the community. */
export type SessionCallback = (error: unknown) => void;

/** A socket, and what is under way on it. */
export interface Session {
  readonly dgram: { ref(): void; unref(): void };
  trap(
    oid: string,
    varbinds: readonly SessionVarbind[],
    options: { upTime: number },
    done: SessionCallback,
  ): void;
  inform(
    oid: string,
    varbinds: readonly SessionVarbind[],
    options: { upTime: number },
    done: SessionCallback,
  ): void;
  on(event: 'error', listener: (error: unknown) => void): void;
  close(): void;
  send(request: SessionRequest, noWait?: boolean): unknown;
  onSimpleGetResponse(request: SessionRequest, message: SessionMessage): void;
}

/** What the library is about to send. */
export interface SessionRequest {
  readonly message: SessionMessage;
  readonly responseCb: SessionCallback;
}

/** A message, going out or come in. */
export interface SessionMessage {
  readonly pdu?: { readonly type?: number };
  /** Of version 3. */
  readonly msgSecurityParameters?: {
    msgAuthoritativeEngineBoots: number;
    msgAuthoritativeEngineTime: number;
  };
  hasAuthentication(): unknown;
}

/**
 * Load net-snmp, which takes its time: only when something is sent.
 *
 * @throws {CertError} INTERNAL when it is not the library this was written for
 */
export async function loadNetSnmp(): Promise<NetSnmp> {
  const { default: library } = await import('net-snmp');
  if (isNetSnmp(library)) return library;
  throw new CertError('INTERNAL', 'Cannot use net-snmp: it is not the version it should be');
}

function isNetSnmp(library: unknown): library is NetSnmp {
  return (
    typeof library === 'object' &&
    library !== null &&
    'createSession' in library &&
    'createV3Session' in library &&
    'ObjectType' in library &&
    'PduType' in library &&
    'SecurityLevel' in library &&
    'AuthProtocols' in library &&
    'PrivProtocols' in library
  );
}
