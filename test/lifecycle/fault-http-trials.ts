import type { ErrorCode } from '../../src/base/errors.ts';

/** Every fault of HTTP that must be refused: code, a word of the message, rows of the checklist. */
export const httpRefusals: readonly (readonly [string, ErrorCode, string, string])[] = [
  ['empty-body', 'HTTP_CONTENT_TYPE', 'empty body', '[T2]'],
  ['html-200', 'HTTP_CONTENT_TYPE', 'It works!', '[T2]'],
  ['text-plain', 'HTTP_CONTENT_TYPE', 'text/plain', '[T2]'],
  ['body-100mb', 'RESPONSE_TOO_LARGE', 'at most 1048576 octets', '[R16]'],
  ['announced-100mb', 'RESPONSE_TOO_LARGE', '104857600 octets', '[R16]'],
  ['redirect-301', 'HTTP_STATUS', 'http://127.0.0.1:9/elsewhere', '[T4]'],
  ['status-404', 'HTTP_STATUS', 'HTTP 404', '[T3]'],
  ['status-500', 'HTTP_STATUS', 'HTTP 500', '[T3]'],
  ['status-503', 'HTTP_STATUS', 'HTTP 503', '[T3]'],
  ['close-before', 'NETWORK_UNREACHABLE', 'closed', '[T6]'],
  ['close-after', 'NETWORK_UNREACHABLE', 'closed', '[T6]'],
  ['silence', 'NETWORK_TIMEOUT', 'silence', '[T6]'],
];

/** Every fault of HTTP that must be survived. */
export const httpSurvivals: readonly string[] = [
  'message-with-404',
  'message-with-500',
  'message-with-503',
];
