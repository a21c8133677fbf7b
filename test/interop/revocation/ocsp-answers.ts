import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { toDer } from '../../../src/asn1/codec.ts';
import { OCSPResponse } from '../../../src/x509/ocsp-response.ts';
import { opensslEnv } from '../openssl/pki.ts';
import { ownResponses, type OwnResponse } from './ocsp-by-us.ts';
import type { OcspRowName } from './ocsp-rows.ts';
import type { Workshop } from './pki.ts';
import {
  drip,
  drop,
  octets,
  silence,
  status,
  type Answer,
  type MatrixResponder,
} from './responder.ts';

/** Answer by openssl, for this query: its nonce, and its way to name the certificate. */
function live(shop: Workshop): Answer {
  let count = 0;
  return async (query, out) => {
    const name = `live-${(count += 1)}`;
    shop.write(`${name}.req`, query.body);
    const line = `ocsp -reqin ${name}.req -index valid.txt -CA sub.crt -rsigner ocsp.crt -rkey ocsp.key -nmin 600 -noverify -respout ${name}.der`;
    const options = { cwd: shop.directory, env: opensslEnv() };
    await promisify(execFile)('openssl', line.split(' '), options);
    await octets(shop.read(`${name}.der`))(query, out);
  };
}
/** Send whoever asks to another place, and answer there. */
function moved(code: number, url: string, answer: Answer): Answer {
  const away = status(code, url.replace(/ocsp$/, 'moved'));
  return (query, out) => (query.path.startsWith('/moved') ? answer : away)(query, out);
}

function statusOnly(responseStatus: OCSPResponse['responseStatus']): Answer {
  return octets(toDer(OCSPResponse, { responseStatus }));
}

/** What the responder does for each row. Fresh for each time it is served: `tryLater` is said once. */
export function answersOf(
  shop: Workshop,
  { url }: MatrixResponder,
): Readonly<Record<OcspRowName, () => Answer>> {
  const file = (name: string): Uint8Array => shop.read(`${name}.der`);
  const said = (name: string) => (): Answer => octets(file(name));
  const own = ownResponses(shop);
  const ownSaid = (name: OwnResponse) => (): Answer => octets(own[name]);
  const good = file('good');
  return {
    good: said('good'),
    revoked: said('revoked'),
    hold: said('hold'),
    unknown: said('unknown'),
    sha256: said('sha256'),
    'no-next': said('no-next'),
    expired: said('expired'),
    future: said('future'),
    'expired-in-skew': said('expired-in-skew'),
    'future-in-skew': said('future-in-skew'),
    'too-old': said('day-old'),
    'not-too-old': said('day-old'),
    'no-next-refused': said('no-next'),
    broken: said('broken'),
    sha1: said('sha1'),
    'other-serial': said('other-serial'),
    'other-ca': said('other-ca'),
    crowd: said('crowd'),
    huge: said('huge'),
    'huge-allowed': said('huge'),
    crowded: said('crowded'),
    'with-chain': said('with-chain'),
    'many-certs': said('many-certs'),
    'by-rsa': said('by-rsa'),
    'by-weak': said('by-weak'),
    'by-unchecked': said('by-unchecked'),
    'by-sub': said('by-sub'),
    'by-stranger': said('by-stranger'),
    'by-impostor': said('by-impostor'),
    'by-plain': said('by-plain'),
    'by-any': said('by-any'),
    'by-no-signing': said('by-no-signing'),
    'by-old': said('by-old'),
    'by-young': said('by-young'),
    'by-of-root': said('by-of-root'),
    'nonce-back': () => live(shop),
    'nonce-missing': said('good'),
    'nonce-wrong': said('with-nonce'),
    'nonce-missing-preferred': said('good'),
    'nonce-wrong-preferred': said('with-nonce'),
    'nonce-unasked': said('with-nonce'),
    'two-revoked': ownSaid('two-revoked'),
    'two-revoked-ended': ownSaid('two-revoked-ended'),
    'two-newest-good': ownSaid('two-newest-good'),
    'two-newest-unknown': ownSaid('two-newest-unknown'),
    'never-issued': ownSaid('never-issued'),
    'critical-single': ownSaid('critical-single'),
    'critical-response': ownSaid('critical-response'),
    'other-type': ownSaid('other-type'),
    tryLater: () => statusOnly('tryLater'),
    'tryLater-once': () => {
      let count = 0;
      return (query, out) =>
        ((count += 1) === 1 ? statusOnly('tryLater') : octets(good))(query, out);
    },
    unauthorized: () => statusOnly('unauthorized'),
    internalError: () => statusOnly('internalError'),
    malformedRequest: () => statusOnly('malformedRequest'),
    sigRequired: () => statusOnly('sigRequired'),
    truncated: () => octets(good.subarray(0, -1)),
    trailing: () => octets(Buffer.concat([good, Uint8Array.of(0)])),
    html: () => octets(Buffer.from('<html><body>No responder here</body></html>'), 'text/html'),
    'wrong-type': () => octets(good, 'text/plain'),
    'status-500': () => status(500),
    redirect: () => moved(302, url, octets(good)),
    'redirect-post': () => moved(307, url, live(shop)),
    'redirect-round': () => status(302, url),
    'redirect-ftp': () => status(302, 'ftp://127.0.0.1/ocsp'),
    slow: () => silence,
    dripping: () => drip(good),
    dropped: () => drop(),
    cut: () => drop(good.subarray(0, good.length / 2)),
  };
}
