/** No moment: no month is 0. */
export const noTime: Uint8Array = new Uint8Array(11);

/**
 * Encode a moment as DateAndTime in UTC, 11 octets: year, month, day, hour, minute, second, decisecond, "+", 0, 0.
 *
 * @see RFC 2579, DateAndTime
 */
export function encodeDateAndTime(time: Date): Uint8Array {
  const year = time.getUTCFullYear();
  return Uint8Array.of(
    year >> 8,
    year & 0xff,
    time.getUTCMonth() + 1,
    time.getUTCDate(),
    time.getUTCHours(),
    time.getUTCMinutes(),
    time.getUTCSeconds(),
    Math.floor(time.getUTCMilliseconds() / 100),
    '+'.charCodeAt(0),
    0,
    0,
  );
}
