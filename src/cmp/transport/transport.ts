/**
 * Takes a PKIMessage to a CA and brings the answer back; octets only, nothing is decoded or believed.
 * One transport serves one transaction: all its messages go to the URL of the first (RFC 9483 section
 * 6.1), one after the other.
 */
export interface Transport {
  /**
   * Send one message and wait for the answer. After an error it is unknown whether the peer acted on the
   * message, and nothing has been sent twice.
   *
   * @param der DER of one PKIMessage
   * @returns what the peer answered, never empty; anything but a PKIMessage is possible
   * @throws {CertError} an error of exit code 5
   * @throws the reason of `signal`, when that was aborted
   */
  exchange(der: Uint8Array, signal?: AbortSignal): Promise<Uint8Array>;
  /** Give up connections; can be called again. The transport is not used afterwards. */
  close(): Promise<void>;
}
