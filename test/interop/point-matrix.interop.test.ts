import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { hasPeer, requirePeer } from '../harness/require.ts';
import { unusedPort } from '../http/hostile-server.ts';
import { startNginx, startProftpd, startSlapd, type FileServer } from './retrieval-servers.ts';
import { crlEntry, linesForCrl, listing } from './revocation/crl-files.ts';
import {
  cas,
  linesFor,
  peerSerial,
  workshop,
  type Wanted,
  type Workshop,
} from './revocation/pki.ts';
import {
  pointRows,
  pointServers,
  refusedPoints,
  type PointRow,
  type PointScheme,
} from './revocation/point-rows.ts';
import { listResponderRows, responderCrls } from './revocation/responder-rows.ts';
import { octets, startMatrixResponder, type MatrixResponder } from './revocation/responder.ts';
import { makeSite, saidIn, type Site } from './revocation/site.ts';

const peers = ['openssl', 'faketime', 'nginx-light', 'proftpd-core', 'slapd'] as const;

let shop: Workshop;
let site: Site;
let nowhere = 0;
let responder: MatrixResponder;
const servers = new Map<PointScheme, FileServer>();

const schemes = ['http', 'ftp', 'ldap'] as const;

const responders = Object.keys(responderCrls);

beforeAll(async () => {
  if (!peers.every(hasPeer)) return;
  shop = workshop();
  site = makeSite();
  nowhere = await unusedPort();
  responder = await startMatrixResponder();
  shop.run(...cas.flatMap((ca) => linesFor(shop, ca)));
  const entries = [peerSerial, serialOf('listed')].map((serial) => listing('superseded', serial));
  shop.run(
    ...linesForCrl(shop, { name: 'good' }),
    ...linesForCrl(shop, { name: 'revoked', entries: entries.join('') }),
  );
  const files = { good: shop.read('good.crl'), revoked: shop.read('revoked.crl') };
  const ldif = Object.entries(files).map(crlEntry).join('\n');
  servers.set('http', await startNginx(files, false, true));
  servers.set('ftp', await startProftpd(files, true, true));
  servers.set('ldap', await startSlapd({}, ldif, true));
  makePeers();
  await site.say(
    ...['root', 'sub'].map((ca) => `cert import cert-name ${ca} file ${shop.path(ca)}.crt ca`),
    `ca add plant url http://127.0.0.1:9/ root ${shop.path('root.crt')} intermediate ${shop.path('sub.crt')}`,
    'crypto map named ikev2-ipv4 ca sub deadline 60000',
    ...['warn', 'crl', 'strict'].flatMap((check) => [
      `ocsp verify-object ${check} url ${responder.url} verify-others off ca-chain plant profile rfc6960 nonce off check-responder ${check} timeout 20000 cache-error-timeout 60`,
      `crypto map ${check} ikev2-ipv4 ca sub ocsp-cert-validator ${check} deadline 60000`,
    ]),
  );
});
afterAll(async () => {
  for (const server of servers.values()) await server.close();
  await responder?.close();
  site?.close();
  shop?.close();
});
beforeEach((context) => {
  for (const peer of peers) requirePeer(context, peer);
});

function serialOf(name: string): number {
  return 0x2000 + responders.indexOf(name);
}

function urlOf(scheme: PointScheme, name: string, port = servers.get(scheme)?.port): string {
  const origin = `${scheme}://127.0.0.1:${port}`;
  if (scheme !== 'ldap') return `${origin}/${name}`;
  return `${origin}/cn=${name},o=Test?certificateRevocationList;binary?base`;
}

/** Certificates for each row of each server, and responders that name a CRL with a response of each. */
function makePeers(): void {
  const places = schemes.flatMap((scheme) =>
    rowsOf(scheme).map(([name, row]) => ({
      name: `${scheme}-${name}`,
      urls: row.url(
        (file) => urlOf(scheme, file),
        (file) => urlOf(scheme, file, nowhere),
      ),
    })),
  );
  const refused = refusedPoints.map((scheme) => ({
    name: scheme,
    urls: [scheme === 'file' ? `file://${shop.path('good.crl')}` : `${scheme}://127.0.0.1/good`],
  }));
  const named = { vouched: 'good', listed: 'revoked', lost: 'none' };
  const ofResponders = Object.entries(named).map(([name, crl]) => ({
    name,
    issuer: 'sub',
    serial: serialOf(name),
    extensions: [
      'keyUsage=digitalSignature',
      'extendedKeyUsage=OCSPSigning',
      `crlDistributionPoints=URI:${urlOf('http', crl)}`,
    ],
  }));
  const all = [...[...places, ...refused].map(pointing), ...ofResponders];
  shop.run(...all.flatMap((wanted) => linesFor(shop, wanted)));
  shop.write('index.txt', `V\t400101000000Z\t\t${peerSerial.toString(16)}\tunknown\t/CN=x\n`);
  shop.run(
    ...responders.map(
      (name) =>
        `openssl ocsp -issuer sub.crt -serial ${peerSerial} -no_nonce -index index.txt -CA sub.crt -rsigner ${name}.crt -rkey ${name}.key -nmin 600 -noverify -respout ${name}.der`,
    ),
  );
}

/** A peer whose certificate has one distribution point with these URLs. */
function pointing({
  name,
  urls,
}: {
  readonly name: string;
  readonly urls: readonly string[];
}): Wanted {
  return {
    name,
    issuer: 'sub',
    serial: peerSerial,
    extensions: ['keyUsage=digitalSignature', 'crlDistributionPoints=p'],
    sections: ['[p]', 'fullname=@u', '[u]', ...urls.map((url, i) => `URI.${i + 1}=${url}`)],
  };
}

function rowsOf(scheme: PointScheme): readonly (readonly [string, PointRow])[] {
  return Object.entries(pointRows).filter(([, { only }]) => only === undefined || only === scheme);
}

/** The settings, with nothing held. */
function fresh(): Site {
  const copied = site.copy();
  onTestFinished(() => copied.close());
  return copied;
}

describe.each(schemes)('a peer whose certificate names a CRL by %s', (scheme) => {
  it.each(rowsOf(scheme).map(([name, row]) => [row.title, row.says, name, row] as const))(
    '%s: %s',
    async (_title, _says, name, { hosts, says }) => {
      const judged = await fresh().judge({
        choice: { name: 'named' },
        peer: shop.certificate(`${scheme}-${name}`),
        change: (policy) =>
          hosts === undefined ? policy : { ...policy, crls: { ...policy.crls, hosts } },
      });
      expect(saidIn(judged)).toBe(says);
    },
  );

  it(`is looked up in what ${pointServers[scheme]} has by the program`, async () => {
    const file = shop.path(`${scheme}-revoked.crt`);
    const judged = await fresh().verify([file, 'policy', 'named']);
    expect(judged).toMatchObject({ code: 9, reasons: ['revoked'] });
  });
});

describe('a peer whose certificate names a CRL', () => {
  it.each(refusedPoints)('by %s is not looked up there', async (scheme) => {
    const peer = shop.certificate(scheme);
    const { events, ...judged } = await fresh().judge({ choice: { name: 'named' }, peer });
    expect(saidIn(judged)).toBe('no-source');
    expect(events.filter(({ type }) => type === 'crl-fetch')).toEqual([]);
  });
});

describe('a peer whose responder names a CRL', () => {
  it.each(
    listResponderRows().map(
      ([check, crl, says]) => [responderCrls[crl], check, says, crl] as const,
    ),
  )('%s, with check-responder %s: %s', async (_, check, says, crl) => {
    responder.serve(octets(shop.read(`${crl}.der`)));
    const peer = shop.certificate('http-good');
    expect(saidIn(await fresh().judge({ choice: { name: check }, peer }))).toBe(says);
  });
});
