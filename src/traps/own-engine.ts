import { CertError } from '../base/errors.ts';
import type { NetSnmp, Session } from './net-snmp.ts';
import type { SnmpEngine } from './snmp-engine.ts';

/**
 * Make a session of version 3 obey RFC 3414 where net-snmp does not. Both methods replaced here are private to the
 * library: its version is pinned, and tests look at the octets.
 *
 * Traps: their sender is the authoritative engine, and says its boots and time; the library says 0 and 0, which a
 * receiver that has ever seen more takes for a replay.
 *
 * Informs: an answer without authentication is none; the library would take it, and anybody could make us believe
 * that an alarm has arrived.
 *
 * @param uptimeMs since the engine was started, by a clock that nobody sets
 */
export function obeyRfc3414(
  session: Session,
  snmp: NetSnmp,
  { boots }: SnmpEngine,
  uptimeMs: () => number,
): void {
  const send = session.send.bind(session);
  session.send = (request, noWait) => {
    const { pdu, msgSecurityParameters } = request.message;
    if (noWait === true) {
      if (msgSecurityParameters === undefined || pdu?.type !== snmp.PduType.TrapV2) {
        throw new CertError('INTERNAL', 'Cannot send a trap: net-snmp has changed its messages');
      }
      msgSecurityParameters.msgAuthoritativeEngineBoots = boots;
      msgSecurityParameters.msgAuthoritativeEngineTime = Math.floor(uptimeMs() / 1000);
    }
    return send(request, noWait);
  };
  const answered = session.onSimpleGetResponse.bind(session);
  session.onSimpleGetResponse = (request, message) => {
    if (message.hasAuthentication()) answered(request, message);
    else request.responseCb(unauthenticated);
  };
}

/** What an inform ends with whose answer has no authentication. */
export const unauthenticated: Error = new Error('not authenticated');
