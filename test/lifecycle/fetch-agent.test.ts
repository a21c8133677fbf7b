import { generateKeyPairSync } from 'node:crypto';
import { createServer, type ServerOptions } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { fromDer } from '../../src/asn1/codec.ts';
import { openEnvelopedData } from '../../src/cms/open-enveloped-data.ts';
import { generatedKey } from '../../src/crypto/keys.ts';
import { fetchFromAgent } from '../../src/lifecycle/fetch-agent.ts';
import { serveCertificate } from '../../src/lifecycle/serve-certificate.ts';
import { serveTo } from '../../src/lifecycle/served-names.ts';
import {
  encodeFetchAnswer,
  MAX_FETCH_ANSWER_OCTETS,
  type ServedCertificate,
} from '../../src/sharing/fetch-answer.ts';
import { decodeCertificate, type Certificate } from '../../src/x509/certificate.ts';
import { SubjectPublicKeyInfo } from '../../src/x509/subject-public-key-info.ts';
import { crlRecord } from '../agent/node-crl.ts';
import { gw1, host, twoAgents, type TwoAgents } from '../agent/two-agents.ts';
import { makeKey, type TestKey } from '../harness/certificates.ts';
import { ders, issueCa, issueTls, keyPem, loopbackNames, pems } from '../http/tls-server.ts';
import { coded, initialized, named, wanted } from './site.ts';

/** What the agent that serves would say to a node. */
async function servedTo(
  nodes: TwoAgents,
  node: Certificate,
  name = gw1,
): Promise<ServedCertificate> {
  const result = await serveCertificate(nodes.context, {
    asked: { name, chain: [] },
    node,
    ca: named('lab'),
  });
  if (result.type !== 'served') throw new Error(`it is ${result.type}`);
  return result.value;
}

async function ownNode({ fetching }: TwoAgents): Promise<Certificate> {
  const record = await fetching.store.certificates.current('node2');
  return decodeCertificate(record?.der ?? new Uint8Array());
}

/** In the place of the agent that serves: whoever has taken it over, with its certificate and key. */
async function hostile(
  { nodeCa }: TwoAgents,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  options: ServerOptions = {},
): Promise<{ readonly port: number }> {
  const own = issueTls(nodeCa, loopbackNames);
  const server = createServer({ cert: pems(own), key: keyPem(own), ...options }, answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
  });
  const address = server.address();
  return { port: typeof address === 'object' && address ? address.port : 0 };
}

async function saying(nodes: TwoAgents, value: ServedCertificate): Promise<{ port: number }> {
  const der = encodeFetchAnswer({ type: 'served', value });
  return hostile(nodes, (_, response) => response.end(der));
}

async function nothingCame({ fetching }: TwoAgents): Promise<void> {
  expect(await fetching.store.certificates.versions('gw1')).toEqual([]);
  expect(fetching.files().size).toBe(0);
}

describe('serveCertificate()', () => {
  it.each<readonly [string, () => TestKey]>([
    ['ECDSA P-256', () => makeKey()],
    ['RSA', () => makeKey(2048)],
  ])('encrypts the key to the %s certificate that was shown, and to no other', async (_, key) => {
    const nodes = await twoAgents();
    const mine = issueTls(nodes.nodeCa, [host('node2.example')], { key: key() });
    const others = issueTls(nodes.nodeCa, [host('node2.example')], { key: key() });
    const { key: sealed } = await servedTo(nodes, mine.certificate);
    if (sealed.type !== 'encrypted') throw new Error('no key came');
    const open = ({ certificate, key: { privateKey } }: typeof mine) =>
      openEnvelopedData(sealed.value, {
        type: 'certificate',
        key: generatedKey(privateKey).key,
        certificate,
      });
    expect((await open(mine)).content.length).toBeGreaterThan(100);
    await expect(open(others)).rejects.toMatchObject(coded('CMP_RESPONSE_INVALID'));
    const posing = { ...others, certificate: mine.certificate };
    await expect(open(posing)).rejects.toMatchObject(coded('CMP_RESPONSE_INVALID'));
  });

  it('keeps the key from a node whose own only signs', async () => {
    const nodes = await twoAgents();
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const der = publicKey.export({ format: 'der', type: 'spki' });
    const key = { privateKey, spki: fromDer(SubjectPublicKeyInfo, Uint8Array.from(der)) };
    const { certificate } = issueTls(nodes.nodeCa, [host('node2.example')], { key });
    expect(await servedTo(nodes, certificate)).toMatchObject({
      key: { type: 'withheld', value: 'recipient-only-signs' },
    });
  });

  it('gives nothing that has expired, or leads to no root of its CA any more', async () => {
    const nodes = await twoAgents();
    const node = await ownNode(nodes);
    const { roots } = nodes.serving.profile;
    await nodes.serving.setProfile({ roots: ders(issueCa('CN=Lab Root')) });
    await expect(servedTo(nodes, node)).rejects.toMatchObject(coded('CERT_INVALID'));
    await nodes.serving.setProfile({ roots });
    await nodes.serving.clock.advance(400 * 86_400);
    await expect(servedTo(nodes, node)).rejects.toThrow(/Cannot serve "gw1": .*expired/);
    expect((await nodes.serving.store.audit.list()).map(({ what }) => what)).not.toContain('serve');
  });
});

describe('fetchFromAgent() refuses', () => {
  it('an agent of another CA, and one that has not the name in the place', async () => {
    const nodes = await twoAgents();
    const strange = issueTls(issueCa('CN=Another CA'), loopbackNames);
    const elsewhere = issueTls(nodes.nodeCa, [host('node1.example')]);
    for (const [own, why] of [
      [strange, 'does not lead to a root of CA "nodes"'],
      [elsewhere, 'not for "127.0.0.1"'],
    ] as const) {
      let requests = 0;
      const count = (): void => void requests++;
      const server = await hostile(nodes, count, { cert: pems(own), key: keyPem(own) });
      const fetched = nodes.fetch(server);
      await expect(fetched).rejects.toMatchObject({
        code: 'TLS_UNTRUSTED',
        hint: expect.stringContaining('Its serve-cert must be valid, lead to a root of CA "nodes"'),
      });
      await expect(fetched).rejects.toThrow(why);
      expect(requests).toBe(0);
    }
    await nothingCame(nodes);
  });

  it('an agent that a stored CRL of the CA of the nodes says is revoked, before it is asked for anything', async () => {
    const nodes = await twoAgents();
    const { nodeCa, fetching } = nodes;
    const own = issueTls(nodeCa, loopbackNames);
    let requests = 0;
    const count = (_: IncomingMessage, response: ServerResponse): void => {
      requests++;
      response.end();
    };
    const server = await hostile(nodes, count, { cert: pems(own), key: keyPem(own) });
    const now = fetching.clock.now();
    const other = crlRecord(
      named('nodes'),
      nodeCa,
      issueTls(nodeCa, loopbackNames).certificate,
      now,
    );
    await fetching.store.crls.put(other);
    await expect(nodes.fetch(server)).rejects.toMatchObject(coded('DER_MALFORMED'));
    expect(requests).toBe(1);
    await fetching.clock.advance(60);
    const later = fetching.clock.now();
    await fetching.store.crls.put(crlRecord(named('nodes'), nodeCa, own.certificate, later));
    const fetched = nodes.fetch(server);
    await expect(fetched).rejects.toMatchObject({
      ...coded('CERT_INVALID'),
      hint: expect.stringContaining('Have that node get another certificate'),
    });
    await expect(fetched).rejects.toThrow(/its certificate is not accepted: .* was revoked at/);
    expect(requests).toBe(1);
    await nothingCame(nodes);
  });

  it('a root that is not the one of the CA as it is set up here', async () => {
    const nodes = await twoAgents();
    const server = await nodes.serve();
    await nodes.fetching.setProfile({ roots: ders(issueCa('CN=Lab Root')) });
    await expect(nodes.fetch(server)).rejects.toThrow(
      /its root .* is none of CA "lab" as it is set/,
    );
    await nothingCame(nodes);
  });

  it('a key that is not that of the certificate, or is for another node', async () => {
    const nodes = await twoAgents();
    const { serving } = nodes;
    const gw2 = named('gw2');
    await initialized(serving, { name: gw2, ca: named('lab'), wanted: wanted('CN=gw1,O=Test') });
    await serveTo(serving.store, gw2, ['dns:node2.example']);
    const node = await ownNode(nodes);
    const one = await servedTo(nodes, node);
    const { key } = await servedTo(nodes, node, gw2);
    const others = issueTls(nodes.nodeCa, [host('node2.example')]);
    const forOthers = await servedTo(nodes, others.certificate);
    for (const value of [{ ...one, key }, forOthers]) {
      await expect(nodes.fetch(await saying(nodes, value))).rejects.toMatchObject(
        coded('CMP_RESPONSE_INVALID'),
      );
    }
    await nothingCame(nodes);
  });

  it('what has another subject than the one before, and takes nothing that ends earlier for newer', async () => {
    const nodes = await twoAgents();
    const { serving, fetching } = nodes;
    const node = await ownNode(nodes);
    const first = await servedTo(nodes, node);
    await serving.clock.advance(86_400);
    const gw2 = named('gw2');
    await initialized(serving, { name: gw2, ca: named('lab'), wanted: wanted('CN=gw2,O=Test') });
    await serveTo(serving.store, gw2, ['dns:node2.example']);
    const later = { ...(await servedTo(nodes, node, gw2)), name: 'gw1' };
    await nodes.fetch(await saying(nodes, first));
    await expect(nodes.fetch(await saying(nodes, later))).rejects.toThrow('its subject is');
    // An agent that says nothing of what it was told is here.
    expect(await nodes.fetch(await saying(nodes, first))).toMatchObject({ type: 'nothing newer' });
    expect(await fetching.store.certificates.versions('gw1')).toHaveLength(1);
  });

  it('whatever is no answer: garbage, too much, cut off, from elsewhere', async () => {
    const nodes = await twoAgents();
    for (const [what, answer, code] of noAnswers) {
      const server = await hostile(nodes, (_, response) => answer(response));
      await expect(nodes.fetch(server), what).rejects.toMatchObject({ name: 'CertError', code });
    }
    await nothingCame(nodes);
  });

  it('an answer that comes octet by octet, when its time is over', async () => {
    const nodes = await twoAgents();
    const server = await hostile(nodes, (_, response) => {
      response.writeHead(200, { 'content-length': 1000 });
      const drip = setInterval(() => response.write('x'), 20);
      response.on('close', () => clearInterval(drip));
    });
    const { fetching } = nodes;
    const place = `agent://127.0.0.1:${server.port}`;
    const fetched = fetchFromAgent(
      fetching.context,
      { name: gw1, place, as: named('node2'), profile: fetching.profile, current: undefined },
      { connectTimeoutMs: 5000, responseTimeoutMs: 5000, totalTimeoutMs: 500, maxBytes: 1000 },
    );
    await expect(fetched).rejects.toMatchObject(coded('NETWORK_TIMEOUT'));
  });

  it('an answer that does not come, as soon as whoever waits for it does not', async () => {
    const nodes = await twoAgents();
    const asked = Promise.withResolvers<void>();
    const server = await hostile(nodes, () => asked.resolve());
    const stop = new AbortController();
    const fetched = nodes.fetch(server, 'node2', { signal: stop.signal });
    await asked.promise;
    stop.abort(new Error('stopped'));
    await expect(fetched).rejects.toThrow('stopped');
    await nothingCame(nodes);
  });
});

describe('fetchCertificate()', () => {
  it('wants to know as whom another agent is asked, and asks the same way the next time', async () => {
    const nodes = await twoAgents();
    const { fetching } = nodes;
    const { port } = await nodes.serve();
    await nodes.fetch({ port });
    const settings = fetching.store.nameSettings;
    expect(await settings.get('gw1', 'fetch-from')).toBe(`agent://127.0.0.1:${port}`);
    expect(await settings.get('gw1', 'fetch-as')).toBe('node2');
    await settings.remove('gw1', 'fetch-as');
    await expect(nodes.fetch({ port }, 'nobody')).rejects.toMatchObject(coded('CERT_UNKNOWN'));
    expect(await settings.get('gw1', 'fetch-as')).toBeUndefined();
    // Nothing newer is there, and the agent asks there from now on all the same.
    await nodes.fetch({ port });
    expect(await settings.get('gw1', 'fetch-as')).toBe('node2');
  });
});

const nothingNewer = encodeFetchAnswer({ type: 'nothing-newer', value: null });

const noAnswers: readonly (readonly [string, (response: ServerResponse) => void, string])[] = [
  ['garbage', (response) => response.end('certificate follows'), 'DER_MALFORMED'],
  ['nothing', (response) => response.end(), 'DER_MALFORMED'],
  ['nothing newer where nothing is', (response) => response.end(nothingNewer), 'CERT_UNKNOWN'],
  [
    'an answer that is announced too long',
    (response) => {
      response.writeHead(200, { 'content-length': MAX_FETCH_ANSWER_OCTETS + 1 });
      response.write('x');
    },
    'RESPONSE_TOO_LARGE',
  ],
  [
    'an answer without end',
    (response) => {
      const more = (): void => {
        while (response.writable && response.write(Buffer.alloc(16_384)));
      };
      response.on('drain', more).on('error', () => {});
      more();
    },
    'RESPONSE_TOO_LARGE',
  ],
  [
    'a redirect',
    (response) => response.writeHead(302, { location: 'https://elsewhere.example/' }).end(),
    'HTTP_STATUS',
  ],
  ['an error', (response) => response.writeHead(500).end(), 'HTTP_STATUS'],
  ['a connection that is cut', (response) => response.destroy(), 'NETWORK_UNREACHABLE'],
];
