import { createHmac, timingSafeEqual } from 'node:crypto';
import { concatBytes, fromHex, utf8 } from '../base/bytes.ts';

/** Header that says when and with what a body was signed: "t=1795276800,v1=" and 64 hexadecimal digits. */
export const signatureHeader = 'certkeeper-signature';

/**
 * Sign the body of a webhook: HMAC-SHA-256 over the seconds since 1970 in decimal, a dot, and the body. The time is
 * in it, so that a receiver can refuse what somebody has recorded and sends again.
 */
export function signWebhook(body: Uint8Array, secret: Uint8Array, now: Date): string {
  const seconds = Math.floor(now.getTime() / 1000);
  return `t=${seconds},v1=${macOf(body, secret, seconds).toString('hex')}`;
}

/** How old a signature may be when it arrives, and how far ahead the sender's clock. */
export const maxSkewSeconds = 300;

/** Check what `signWebhook` wrote, as a receiver does. */
export function verifyWebhook(
  header: string,
  body: Uint8Array,
  secret: Uint8Array,
  now: Date,
): boolean {
  const [, time, mac] = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(header) ?? [];
  if (time === undefined || mac === undefined) return false;
  const seconds = Number(time);
  if (Math.abs(now.getTime() / 1000 - seconds) > maxSkewSeconds) return false;
  return timingSafeEqual(macOf(body, secret, seconds), fromHex(mac));
}

function macOf(body: Uint8Array, secret: Uint8Array, seconds: number): Buffer {
  return createHmac('sha256', secret)
    .update(concatBytes(utf8(`${seconds}.`), body))
    .digest();
}
