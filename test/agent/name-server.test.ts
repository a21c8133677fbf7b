import { createHash } from 'node:crypto';
import { connect as tlsConnect } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { keepServing } from '../../src/agent/keep-serving.ts';
import type { NameServer } from '../../src/agent/name-server.ts';
import { parseLabel } from '../../src/base/label.ts';
import { rawOf, toDer } from '../../src/asn1/codec.ts';
import { fetchCertificate } from '../../src/lifecycle/fetch-certificate.ts';
import { poll } from '../../src/lifecycle/poll.ts';
import { serveNoMore, serveTo } from '../../src/lifecycle/served-names.ts';
import { update } from '../../src/lifecycle/update.ts';
import { SubjectPublicKeyInfo } from '../../src/x509/subject-public-key-info.ts';
import { makeKey } from '../harness/certificates.ts';
import { issueCa, issueTls, loopbackNames } from '../http/tls-server.ts';
import { coded, initialized, named, wanted } from '../lifecycle/site.ts';
import { giveNode, gw1, host, twoAgents, type TwoAgents } from './two-agents.ts';

const nodesLabel = parseLabel('nodes', 'ca');

async function serves({ serving }: TwoAgents): Promise<readonly (readonly string[])[]> {
  return (await serving.store.audit.list())
    .filter(({ what }) => what === 'serve')
    .map(({ arguments: list, result }) => [
      ...list.map(([, value]) => value),
      `${result?.exitCode}`,
    ]);
}

async function killed(): Promise<never> {
  throw new Error('killed');
}

/** Fingerprint of the certificate that a server shows. */
async function servedNow({ port }: NameServer): Promise<string> {
  return await new Promise((resolve, reject) => {
    const socket = tlsConnect({ host: '127.0.0.1', port, rejectUnauthorized: false }, () => {
      resolve(fingerprint(socket.getPeerCertificate().raw));
      socket.destroy();
    });
    socket.once('error', reject);
  });
}

function fingerprint(der: Uint8Array): string {
  return createHash('sha256').update(der).digest('hex');
}

describe('serveNames()', () => {
  it('gives certificate, chain and key to the agent of a node that may have them', async () => {
    const nodes = await twoAgents();
    const { serving, fetching } = nodes;
    const { type, certificate } = await nodes.fetch(await nodes.serve());
    const there = await serving.store.certificates.current('gw1');
    expect(type).toBe('fetched');
    expect(certificate).toMatchObject({ source: 'fetch', ca: 'lab', der: there?.der });
    expect(await fetching.store.keys.privateKey(certificate.keyId ?? 0)).toEqual(
      await serving.store.keys.privateKey(there?.keyId ?? 0),
    );
    expect(fetching.files()).toEqual(serving.files());
  });

  it('gives it to a node with an RSA key as well', async () => {
    const nodes = await twoAgents({ key: makeKey(2048) });
    expect(await nodes.fetch(await nodes.serve())).toMatchObject({ type: 'fetched' });
  });

  it('gives it to a node whose certificate is of a CA below the root', async () => {
    const nodes = await twoAgents();
    const { fetching, nodeCa } = nodes;
    const below = issueCa('CN=Node CA 2', nodeCa);
    await giveNode(fetching, 'deeper', below, [host('node2.example')], {}, [below]);
    expect(await nodes.fetch(await nodes.serve(), 'deeper')).toMatchObject({ type: 'fetched' });
  });

  it('writes who got what into the audit trail, the statistics and the log, and no more than that', async () => {
    const nodes = await twoAgents();
    const server = await nodes.serve();
    await nodes.fetch(server);
    expect(await serves(nodes)).toEqual([['gw1', '1', 'dns:node2.example', '0']]);
    expect((await nodes.serving.store.statistics.read()).counters).toContainEqual(
      expect.objectContaining({ ca: 'lab', counter: 'served.with-key', value: 1 }),
    );
    expect(nodes.said).toEqual(['version 1 of "gw1" is given to dns:node2.example']);
    expect(await nodes.fetch(server)).toMatchObject({ type: 'nothing newer' });
    expect(await serves(nodes)).toHaveLength(1);
  });

  it('gives the next one when there is one, and never one that ends earlier', async () => {
    const nodes = await twoAgents();
    const { serving } = nodes;
    const server = await nodes.serve();
    await nodes.fetch(server);
    await serving.clock.advance(60 * 86_400);
    await update(serving.context, { current: gw1, waitSeconds: 0 });
    expect(await nodes.fetch(server)).toMatchObject({ certificate: { version: 2 } });
    const [, first] = await serving.store.certificates.versions('gw1');
    await serving.store.certificates.restore(first?.id ?? 0);
    expect(await nodes.fetch(server)).toMatchObject({ type: 'nothing newer' });
    expect(await serves(nodes)).toHaveLength(2);
  });

  it('says of a name that is for others no more than of one that is not there', async () => {
    const nodes = await twoAgents();
    const { serving } = nodes;
    await initialized(serving, {
      name: named('gw2'),
      ca: named('lab'),
      wanted: wanted('CN=gw2,O=Test'),
    });
    const server = await nodes.serve();
    const refusals = [];
    await serveTo(serving.store, named('gw2'), ['dns:node3.example', 'node1', 'CN=node2']);
    await serving.store.nameSettings.remove(gw1, 'serve-to');
    for (const name of ['gw1', 'gw2', 'nobody']) {
      const fetched = fetchCertificate(nodes.fetching.context, {
        name: named(name),
        ca: named('lab'),
        from: `agent://127.0.0.1:${server.port}`,
        as: named('node2'),
        read: async () => Promise.reject(new Error('no folder')),
      });
      await expect(fetched).rejects.toMatchObject(coded('RETRIEVAL_REFUSED'));
      refusals.push(
        await fetched.catch((error: unknown) => String(error).replace(`"${name}"`, 'NAME')),
      );
    }
    expect(new Set(refusals).size).toBe(1);
    expect(nodes.said.at(-1)).toMatch(/"CN=node2,O=Nodes", is refused: "nobody" is not served/);
    expect(await serves(nodes)).toEqual([]);
  });

  it.each(['dns:NODE2.example', 'CN=node2,O=Nodes'])(
    'knows a node by %s, until it is served no more',
    async (node) => {
      const nodes = await twoAgents();
      const { store } = nodes.serving;
      await serveNoMore(store, gw1, []);
      await serveTo(store, gw1, [node]);
      const server = await nodes.serve();
      expect(await nodes.fetch(server)).toMatchObject({ type: 'fetched' });
      await serveNoMore(store, gw1, [node]);
      await expect(nodes.fetch(server)).rejects.toMatchObject(coded('RETRIEVAL_REFUSED'));
    },
  );

  it('knows a node by the one certificate that is stored here under a name', async () => {
    const nodes = await twoAgents();
    const { serving, fetching, nodeCa } = nodes;
    const shown = await fetching.store.certificates.current('node2');
    await serving.store.certificates.import({
      name: named('other-node'),
      der: shown?.der ?? new Uint8Array(),
      chain: [],
      source: 'track',
      at: serving.clock.now(),
    });
    await serveNoMore(serving.store, gw1, []);
    await serveTo(serving.store, gw1, ['other-node']);
    const server = await nodes.serve();
    await giveNode(fetching, 'twin', nodeCa, [host('node2.example')], {
      subject: 'CN=node2,O=Nodes',
    });
    await expect(nodes.fetch(server, 'twin')).rejects.toMatchObject(coded('RETRIEVAL_REFUSED'));
    expect(await nodes.fetch(server)).toMatchObject({ type: 'fetched' });
  });

  it('shows its renewed certificate without a restart', async () => {
    const nodes = await twoAgents();
    const { serving, nodeCa } = nodes;
    const server = await nodes.serve();
    const first = await servedNow(server);
    await server.refresh();
    expect(await servedNow(server)).toBe(first);
    const renewed = await giveNode(serving, 'node1', nodeCa, loopbackNames);
    await server.refresh();
    expect(await servedNow(server)).toBe(fingerprint(renewed.der));
    expect(await nodes.fetch(server)).toMatchObject({ type: 'fetched' });
  });

  it('gives certificate and chain alone when the key is in a token, which the other side says', async () => {
    const nodes = await twoAgents();
    const { serving, nodeCa } = nodes;
    const { certificate, key } = issueTls(nodeCa, [], { subject: 'CN=hsm' });
    await serving.store.certificates.import({
      name: named('hsm'),
      der: rawOf(certificate),
      chain: [],
      key: {
        spki: toDer(SubjectPublicKeyInfo, key.spki),
        tokenUri: 'pkcs11:token=t1;object=hsm;type=private',
      },
      source: 'import',
      ca: nodesLabel,
      at: serving.clock.now(),
    });
    await serveTo(serving.store, named('hsm'), ['dns:node2.example']);
    const { port } = await nodes.serve();
    await expect(
      fetchCertificate(nodes.fetching.context, {
        name: named('hsm'),
        ca: nodesLabel,
        from: `agent://127.0.0.1:${port}`,
        as: named('node2'),
        read: async () => Promise.reject(new Error('no folder')),
      }),
    ).rejects.toThrow('its key is in a token there, which it never leaves');
    expect(nodes.said.at(-1)).toContain('without its key');
  });

  it('leaves to deliver what was fetched when the process is killed before it is delivered', async () => {
    const nodes = await twoAgents();
    const { serving, fetching } = nodes;
    const server = await nodes.serve();
    const { deliver } = fetching.context;
    await expect(nodes.fetch(server, 'node2', { deliver: killed })).rejects.toThrow('killed');
    expect(fetching.files().size).toBe(0);
    const next = await fetching.open();
    expect(await poll({ ...next, deliver }, { name: gw1, waitSeconds: 0 })).toMatchObject({
      type: 'delivered',
    });
    expect(fetching.files()).toEqual(serving.files());
  });
});

describe('keepServing()', () => {
  it('warns once of a certificate that is yet to come, and serves when it has come', async () => {
    const nodes = await twoAgents();
    const { serving, nodeCa } = nodes;
    const place = { port: 0, address: '127.0.0.1', certificate: named('late'), ca: nodesLabel };
    const kept = await keepServing(nodes.context, place);
    try {
      await kept.refresh();
      expect(kept.port()).toBeUndefined();
      expect(nodes.said).toHaveLength(1);
      expect(nodes.said[0]).toContain(
        'Cannot serve other agents with certificate "late": there is none of this name',
      );
      await giveNode(serving, 'late', nodeCa, loopbackNames);
      await kept.refresh();
      expect(await nodes.fetch({ port: kept.port() ?? 0 })).toMatchObject({ type: 'fetched' });
    } finally {
      await kept.close();
    }
    await expect(nodes.fetch({ port: kept.port() ?? 0 })).rejects.toMatchObject(
      coded('NETWORK_UNREACHABLE'),
    );
  });
});
