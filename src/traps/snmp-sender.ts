import { asBuffer } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import { isOfMib, type Notification } from './alarms/notification.ts';
import { checkSnmpDestination, type SnmpDestination, type SnmpSecrets } from './destination.ts';
import { snmpMessage } from './message.ts';
import { loadNetSnmp, type NetSnmp, type Session, type SessionVarbind } from './net-snmp.ts';
import { obeyRfc3414 } from './own-engine.ts';
import type { NotificationSender } from './sender.ts';
import type { SnmpEngine } from './snmp-engine.ts';
import { snmpFailure } from './snmp-failure.ts';
import type { Varbind } from './varbind.ts';

/** What sending by SNMP needs. */
export interface SnmpSenderOptions {
  readonly destination: SnmpDestination;
  readonly secrets: SnmpSecrets;
  /** As `startEngine` made it for this process, and the store has it. */
  readonly engine: SnmpEngine;
  /** Milliseconds since the engine was started, by a clock that nobody sets. */
  readonly uptimeMs: () => number;
  /** As `parseBaseOid` takes it. */
  readonly baseOid: string;
}

/** Two seconds, then four and eight: what is not answered by then is sent again by the outbox. */
const usualTimeoutMs = 2000;
const usualRetries = 2;
const backoff = 2;

/** sysUpTime counts hundredths of a second, and begins anew after 497 days. */
const timeTicks = 2 ** 32;

/** Headers of a message of version 2c without the community, and of version 3 with the longest engineID twice. */
const communityEnvelopeOctets = 30;
const userEnvelopeOctets = 215;

/**
 * Send to a receiver of SNMP, over one socket as long as all goes well.
 *
 * @throws {CertError} CONFIG_INVALID as `checkSnmpDestination`
 */
export function snmpSender(options: SnmpSenderOptions): NotificationSender {
  const { destination, secrets, baseOid, uptimeMs } = options;
  checkSnmpDestination(destination, secrets);
  const envelopeOctets =
    destination.version === '2c'
      ? communityEnvelopeOctets + (secrets.community?.length ?? 0)
      : userEnvelopeOctets + Buffer.byteLength(destination.user);
  let current: OpenSession | undefined;
  let isClosed = false;

  async function transmit(notification: Notification): Promise<'sent' | 'acknowledged'> {
    const snmp = await loadNetSnmp();
    if (isClosed) throw new CertError('INTERNAL', 'Cannot send: the sender is closed');
    current ??= openSession(snmp, options);
    const used = current;
    const { notificationOid, varbinds } = snmpMessage(notification, baseOid, envelopeOctets);
    const values = varbinds.map((varbind) => sessionVarbind(varbind, snmp));
    const upTime = Math.max(1, Math.floor(uptimeMs() / 10) % timeTicks);
    const isInform = destination.kind === 'inform';
    used.begin();
    try {
      await new Promise<void>((resolve, reject) => {
        const done = (error: unknown): void => {
          // oxlint-disable-next-line prefer-promise-reject-errors -- made one of ours below
          if (error === null || error === undefined) resolve();
          else reject(error);
        };
        const call = isInform ? used.session.inform : used.session.trap;
        call.call(used.session, notificationOid, values, { upTime }, done);
      });
    } catch (error) {
      if (error instanceof CertError) throw error;
      // Whatever it was: the next one begins with a new socket, and asks anew who the receiver is.
      used.retire();
      if (current === used) current = undefined;
      throw snmpFailure(error, notification, destination);
    } finally {
      used.end();
    }
    return isInform ? 'acknowledged' : 'sent';
  }

  return {
    async send(notification, signal) {
      signal?.throwIfAborted();
      // It waited for a webhook in whose place a receiver of SNMP was set.
      if (!isOfMib(notification)) return 'sent';
      const sent = transmit(notification);
      if (signal === undefined) return await sent;
      const aborted = Promise.withResolvers<never>();
      const abort = (): void => aborted.reject(signal.reason);
      signal.addEventListener('abort', abort, { once: true });
      // Nobody waits for what is still under way then.
      sent.catch(() => {});
      try {
        return await Promise.race([sent, aborted.promise]);
      } finally {
        signal.removeEventListener('abort', abort);
      }
    },
    async close() {
      isClosed = true;
      current?.close();
      current = undefined;
    },
  };
}

/** A session, and how many are waiting on it. */
interface OpenSession {
  readonly session: Session;
  begin(): void;
  end(): void;
  /** Close it as soon as nobody waits on it any more. */
  retire(): void;
  close(): void;
}

function openSession(snmp: NetSnmp, options: SnmpSenderOptions): OpenSession {
  const session = makeSession(snmp, options);
  // A datagram that is no SNMP, from anybody: without a listener it would end the process.
  session.on('error', () => {});
  let waiting = 0;
  let isRetired = false;
  let isClosed = false;
  const close = (): void => {
    if (!isClosed) session.close();
    isClosed = true;
  };
  return {
    session,
    close,
    begin() {
      waiting += 1;
      // The library's sockets do not keep a process alive, which would end before its trap is out.
      session.dgram.ref();
    },
    end() {
      waiting -= 1;
      if (waiting > 0 || isClosed) return;
      session.dgram.unref();
      if (isRetired) close();
    },
    retire() {
      isRetired = true;
    },
  };
}

function makeSession(snmp: NetSnmp, options: SnmpSenderOptions): Session {
  const { destination, secrets, engine, uptimeMs } = options;
  const { host, port, family = host.includes(':') ? 6 : 4 } = destination;
  const common = {
    transport: family === 6 ? ('udp6' as const) : ('udp4' as const),
    port,
    trapPort: port,
    retries: destination.retries ?? usualRetries,
    timeout: destination.timeoutMs ?? usualTimeoutMs,
    backoff,
  };
  if (destination.version === '2c') {
    const community = textOf(secrets.community);
    return snmp.createSession(host, community, { ...common, version: snmp.Version2c });
  }
  const { user, auth, priv } = destination;
  const session = snmp.createV3Session(
    host,
    {
      name: user,
      level: snmp.SecurityLevel.authPriv,
      authProtocol: snmp.AuthProtocols[auth],
      authKey: textOf(secrets.authKey),
      // With SHA-256 and SHA-512 both ways of making a longer key (aes256b, aes256r) make the same.
      privProtocol: snmp.PrivProtocols[priv === 'aes128' ? 'aes' : 'aes256b'],
      privKey: textOf(secrets.privKey),
    },
    { ...common, engineID: engine.engineID },
  );
  obeyRfc3414(session, snmp, engine, uptimeMs);
  return session;
}

function textOf(secret: Uint8Array = new Uint8Array()): string {
  return new TextDecoder().decode(secret);
}

function sessionVarbind(varbind: Varbind, { ObjectType }: NetSnmp): SessionVarbind {
  const { oid } = varbind;
  switch (varbind.type) {
    case 'integer':
      return { oid, type: ObjectType.Integer, value: varbind.value };
    case 'unsigned':
      return { oid, type: ObjectType.Gauge, value: varbind.value };
    case 'octets':
      return { oid, type: ObjectType.OctetString, value: asBuffer(varbind.value) };
  }
}
