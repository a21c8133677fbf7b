import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Issued } from '../harness/certificates.ts';
import { issueCa, issueTls, keyPem, loopbackNames, pems } from '../http/tls-server.ts';
import { startRelay, type Relay } from './openssl/relay.ts';
import type { OpensslPki } from './openssl/pki.ts';

/** CA of the TLS servers, which has nothing to do with the CA that issues by CMP. */
export const tlsRoot: Issued = issueCa('CN=TLS Root,O=Test');
/** Its certificate for 127.0.0.1 and ra.example. */
export const tlsServer: Issued = issueTls(tlsRoot, loopbackNames);

/** Write a file that goes when the test ends, and give its path. */
export function written(name: string, text: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'certkeeper-tls-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

/** A TLS front before a CMP server that lets in only clients whose certificate is below the `ca.crt` of a PKI. */
export async function startFront(target: string, pki: OpensslPki): Promise<Relay> {
  const front = await startRelay(target, {
    key: keyPem(tlsServer),
    cert: pems(tlsServer),
    ca: readFileSync(pki.path('ca.crt')),
    requestCert: true,
    rejectUnauthorized: true,
  });
  onTestFinished(() => front.close());
  return front;
}

/** Words of `ca add` for that: whom to believe, what to show, and the name to ask for. */
export function tlsWords(): readonly string[] {
  const root = written('tls-root.pem', pems(tlsRoot));
  return ['tls-root', root, 'tls-client-cert', 'client', 'tls-server-name', 'ra.example'];
}
