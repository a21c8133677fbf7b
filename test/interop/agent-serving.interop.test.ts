import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { toDer } from '../../src/asn1/codec.ts';
import { oids } from '../../src/asn1/oids.ts';
import { ContentInfo } from '../../src/cms/content-info.ts';
import { EnvelopedData } from '../../src/cms/enveloped-data.ts';
import { openKeyPackage } from '../../src/cms/key-package.ts';
import { softwareKeys } from '../../src/crypto/keys.ts';
import { decodeFetchAnswer } from '../../src/sharing/fetch-answer.ts';
import { encodeFetchRequest } from '../../src/sharing/fetch-request.ts';
import { gw1, host, twoAgents } from '../agent/two-agents.ts';
import { makeKey, type Issued } from '../harness/certificates.ts';
import { requirePeer } from '../harness/require.ts';
import { issueCa, issueTls, keyPem, pems } from '../http/tls-server.ts';

interface Said {
  readonly code: number | null;
  readonly out: Buffer;
  readonly err: string;
}

async function openssl(words: readonly string[], input: Uint8Array = new Uint8Array()) {
  const child = spawn('openssl', words);
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  child.stdin.on('error', () => {});
  // Left open: s_client ends when the other side does.
  child.stdin.write(input);
  return await new Promise<Said>((resolve) => {
    child.once('close', (code) => {
      resolve({ code, out: Buffer.concat(out), err: Buffer.concat(err).toString('utf8') });
    });
  });
}

/** A directory with the files of a node, as `openssl` reads them. */
function filesOf(node: Issued, root: Issued): (name: string) => string {
  const directory = mkdtempSync(join(tmpdir(), 'certkeeper-serving-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  writeFileSync(join(directory, 'node.pem'), pems(node));
  writeFileSync(join(directory, 'node.key'), keyPem(node));
  writeFileSync(join(directory, 'root.pem'), pems(root));
  return (name) => join(directory, name);
}

function post(body: Uint8Array): Uint8Array {
  const head = `POST /fetch HTTP/1.1\r\nHost: node1\r\nContent-Length: ${body.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head, 'latin1'), body]);
}

const asked = post(encodeFetchRequest({ name: gw1, chain: [] }));

beforeEach((context) => requirePeer(context, 'openssl'));

describe('an agent that serves, as openssl s_client sees it,', () => {
  it('tells an outsider its certificate and its CA, and not one octet more', async () => {
    const nodes = await twoAgents();
    const { port } = await nodes.serve();
    const strange = issueTls(issueCa('CN=Strange CA'), [host('node2.example')]);
    const at = filesOf(strange, nodes.nodeCa);
    const to = ['s_client', '-connect', `127.0.0.1:${port}`, '-CAfile', at('root.pem')];
    const shown = await openssl([...to, '-verify_return_error', '-ign_eof'], asked);
    const told = shown.out.toString('latin1');
    expect(told).toContain('Verify return code: 0 (ok)');
    expect(told).toContain('TLSv1.3');
    expect(told).toMatch(/Acceptable client certificate CA names\s+CN ?= ?Node CA/);
    expect(shown.err).toMatch(/alert certificate required|alert number 116/);
    expect(told).not.toContain('HTTP/1.1');

    const own = ['-cert', at('node.pem'), '-key', at('node.key')];
    const posing = await openssl([...to, ...own, '-quiet'], asked);
    expect(posing.out.toString('latin1')).toBe('');
    const old = await openssl([...to, '-tls1_2', '-quiet'], asked);
    expect(old.err).toMatch(/alert protocol version/);
  });

  it.each([
    ['EC', () => makeKey()],
    ['RSA', () => makeKey(2048)],
  ])(
    'gives a node with an %s key what openssl cms opens with that, and no other',
    async (_, key) => {
      const nodes = await twoAgents();
      const { port } = await nodes.serve();
      const node = issueTls(nodes.nodeCa, [host('node2.example')], { key: key() });
      const at = filesOf(node, nodes.nodeCa);
      const { out } = await openssl(
        [
          's_client',
          '-connect',
          `127.0.0.1:${port}`,
          '-CAfile',
          at('root.pem'),
          '-quiet',
          '-verify_return_error',
          '-cert',
          at('node.pem'),
          '-key',
          at('node.key'),
        ],
        asked,
      );
      expect(out.toString('latin1')).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
      const body = out.subarray(out.indexOf('\r\n\r\n') + 4);
      const answer = decodeFetchAnswer(body, 'gw1');
      const served = answer.type === 'served' ? answer.value : undefined;
      const sealed = served?.key.type === 'encrypted' ? served.key.value : undefined;
      if (served === undefined || sealed === undefined) throw new Error('no key came');
      const content = toDer(EnvelopedData, sealed);
      const info = toDer(ContentInfo, { contentType: oids.envelopedData, content });
      writeFileSync(at('sealed.der'), info);
      const other = issueTls(nodes.nodeCa, [], { key: key() });
      writeFileSync(at('other.key'), keyPem(other));
      const decrypt = (with_: string) =>
        openssl([
          'cms',
          '-decrypt',
          '-binary',
          '-inform',
          'DER',
          '-in',
          at('sealed.der'),
          '-recip',
          at('node.pem'),
          '-inkey',
          at(with_),
          '-out',
          at('package.der'),
        ]);
      expect((await decrypt('other.key')).code).not.toBe(0);
      expect(await decrypt('node.key')).toMatchObject({ code: 0 });
      const opened = await openKeyPackage(
        Uint8Array.from(readFileSync(at('package.der'))),
        served.certificate.tbsCertificate.subjectPublicKeyInfo,
        softwareKeys,
      );
      const there = await nodes.serving.store.certificates.current('gw1');
      expect(opened.pkcs8).toEqual(await nodes.serving.store.keys.privateKey(there?.keyId ?? 0));
    },
  );
});
