import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fromDer, toDer } from '../../src/asn1/codec.ts';
import { decodePem, encodePem } from '../../src/asn1/pem.ts';
import { Certificate } from '../../src/x509/certificate.ts';
import { CertificationRequest } from '../../src/x509/certification-request.ts';
import { issue } from '../harness/certificates.ts';
import { temporaryDirectory } from '../store/sample.ts';
import { atEachMoment } from './each-moment.ts';
import { openScene, type Client } from './scene.ts';

const root = issue({ subject: 'CN=Root', isCa: true });
const [first, second] = ['CN=first', 'CN=second'].map((subject) =>
  issue({ subject, issuer: root }),
);

/** What an import changes: all of it shows in here, and nothing that is different from one client to the next. */
interface Seen {
  readonly versions: readonly string[];
  readonly labels: readonly string[];
  readonly requests: number;
  readonly hashUrl: string | undefined;
}

async function see(client: Client): Promise<Seen> {
  return await client.withStore(async (store) => {
    const versions: string[] = [];
    for (const found of await store.certificates.versions(client.name)) {
      const certificate = new X509Certificate(found.der);
      expect(found.keyId).toBeDefined();
      const key = await store.keys.privateKey(found.keyId ?? 0);
      const privateKey = createPrivateKey({ key: Buffer.from(key), format: 'der', type: 'pkcs8' });
      expect(certificate.checkPrivateKey(privateKey), 'the key is the certificate’s').toBe(true);
      versions.push(`${found.version} ${found.status}, of ${certificate.subject}`);
    }
    return {
      versions,
      labels: (await store.caCertificates.list()).map(
        ({ der }) => new X509Certificate(der).subject,
      ),
      requests: (await store.keyRequests.list()).length,
      hashUrl: await store.nameSettings.get(client.name, 'hash-url'),
    };
  });
}

function pemOf(certificate: Certificate): string {
  return encodePem('CERTIFICATE', toDer(Certificate, certificate));
}

function keyPem(key: KeyObject): string {
  return String(key.export({ format: 'pem', type: 'pkcs8' }));
}

async function done(client: Client, words: string): Promise<void> {
  const { code, err } = await client.run(words);
  expect({ words, code, err: code === 0 ? '' : err }).toEqual({ words, code: 0, err: '' });
}

/** A directory with what is imported: `first.pem` and `second.pem` with their keys, the first one apart, too. */
function files(): string {
  const directory = temporaryDirectory();
  for (const [name, issued] of Object.entries({ first, second })) {
    const { certificate, key } = issued ?? root;
    const pem = pemOf(certificate) + keyPem(key.privateKey) + pemOf(root.certificate);
    writeFileSync(join(directory, `${name}.pem`), pem, { mode: 0o600 });
  }
  const { certificate, key } = first ?? root;
  writeFileSync(join(directory, 'first.crt'), pemOf(certificate));
  writeFileSync(join(directory, 'first.key'), keyPem(key.privateKey), { mode: 0o600 });
  writeFileSync(join(directory, 'root.pem'), pemOf(root.certificate));
  return directory;
}

/** Have the request of `crypto keygen` answered, as by a CA without CMP. */
async function answer(client: Client, directory: string): Promise<void> {
  await done(
    client,
    'crypto keygen key-type p-256 id-type fqdn id gw1.example subject-name CN=gw1 cert-name NAME',
  );
  const [request] = decodePem(client.files().get(`${client.name}.csr.pem`) ?? '');
  const { certificationRequestInfo } = fromDer(
    CertificationRequest,
    request?.der ?? new Uint8Array(),
  );
  const key = { privateKey: root.key.privateKey, spki: certificationRequestInfo.subjectPKInfo };
  const { certificate } = issue({ subject: 'CN=answer', issuer: root, key });
  writeFileSync(join(directory, `${client.name}.pem`), pemOf(certificate));
}

const importing = 'cert import cert-name NAME file';

describe('an import whose process is killed after each write', () => {
  it.each<[string, string, readonly ((client: Client, directory: string) => Promise<void>)[]]>([
    ['of a certificate with its key', `${importing} DIR/first.pem`, []],
    ['of a CA certificate', `${importing} DIR/root.pem ca`, []],
    [
      'that replaces a certificate',
      `${importing} DIR/second.pem replace`,
      [(client, directory) => done(client, `${importing} ${directory}/first.pem`)],
    ],
    ['of the answer to crypto keygen', `${importing} DIR/NAME.pem`, [answer]],
    [
      'by certificate name',
      'certificate name NAME pem url DIR/first.crt private-key pem url DIR/first.key ' +
        'cert-enc cert-hash-url url http://pki.example/gw1.der',
      [],
    ],
  ])(
    '%s has done all of it or nothing, and is done when it is given again',
    async (_, words, before) => {
      const scene = await openScene({});
      const directory = files();
      const wording = words.replaceAll('DIR', directory);
      const prepare = async (name: string): Promise<Client> => {
        const client = await scene.client(name);
        for (const step of before) await step(client, directory);
        return client;
      };
      const old = await see(await prepare('untouched'));
      const outcomes = new Map<string, Seen>();
      const unharmed = await atEachMoment(
        {
          moment: 'write',
          words: wording,
          least: 5,
          prepare,
        },
        async (client, label) => {
          outcomes.set(label, await see(client));
          await done(client, wording);
          outcomes.set(`${label}, again`, await see(client));
        },
      );
      const whole = await see(unharmed);
      expect(whole).not.toEqual(old);
      for (const [label, seen] of outcomes) {
        expect(label.endsWith('again') ? [whole] : [old, whole], label).toContainEqual(seen);
      }
      expect([...outcomes.values()]).toContainEqual(old);
    },
    120_000,
  );
});

describe('cert export with the key, killed after each change of files', () => {
  it.each([
    ['of a new file', false],
    ['in the place of an old one', true],
  ])(
    '%s leaves that as it was or whole, and no key beside it',
    async (_, isReplacing) => {
      const scene = await openScene({});
      const directory = files();
      mkdirSync(join(directory, 'out'), { mode: 0o700 });
      const words = `cert export NAME with-key to ${directory}/out/NAME/f.pem`;
      const exporting = isReplacing ? `${words} replace` : words;
      const outside = (name: string) => join(directory, 'out', name);
      await atEachMoment(
        {
          moment: 'file',
          words: exporting,
          least: 4,
          async prepare(name) {
            const client = await scene.client(name);
            await done(client, `${importing} ${directory}/first.pem`);
            mkdirSync(outside(name), { mode: 0o700 });
            if (isReplacing) writeFileSync(join(outside(name), 'f.pem'), 'old', { mode: 0o600 });
            return client;
          },
        },
        async (client, label) => {
          const place = outside(client.name);
          const found = readdirSync(place);
          for (const file of found)
            expect(statSync(join(place, file)).mode & 0o077, `${label}: ${file}`).toBe(0);
          const text = found.includes('f.pem')
            ? readFileSync(join(place, 'f.pem'), 'utf8')
            : undefined;
          const isWhole = text !== undefined && text !== 'old';
          const unharmed = isReplacing ? 'old' : undefined;
          expect(isWhole ? isPair(text) : text === unharmed, `${label}: ${text}`).toBe(true);
          // What stands there is told of, and not replaced; what was only begun is taken away all the same.
          const { code } = await client.run(exporting);
          expect(code, label).toBe(isWhole && !isReplacing ? 3 : 0);
          expect(isPair(readFileSync(join(place, 'f.pem'), 'utf8')), label).toBe(true);
          expect(readdirSync(place), label).toEqual(['f.pem']);
        },
      );
    },
    120_000,
  );
});

function isPair(pem: string): boolean {
  return new X509Certificate(pem).checkPrivateKey(createPrivateKey(pem));
}
