import { expect, it } from 'vitest';
import { CertError } from '../../src/base/errors.ts';
import { reasonIn } from '../../src/base/reason-in.ts';

it.each([
  ['Cannot read PEM: no block in it', 'no block in it'],
  ['Cannot read PEM block "X": it has no end line', 'PEM block "X": it has no end line'],
  ['Cannot read the private key: it is encrypted', 'it is encrypted'],
  ['Cannot decode Certificate: it is cut off', 'Certificate: it is cut off'],
  ['there is no key in it', 'there is no key in it'],
])('reasonIn() takes from "%s" what stands in another message', (message, reason) => {
  expect(reasonIn(new CertError('PEM_MALFORMED', message))).toBe(reason);
});
