import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { fromDer, toDer } from '../../src/asn1/codec.ts';
import { softwareKeys } from '../../src/crypto/keys.ts';
import { signatureAlgorithmFor } from '../../src/crypto/signature.ts';
import {
  CertificationRequest,
  CertificationRequestInfo,
} from '../../src/x509/certification-request.ts';
import { parseName } from '../../src/x509/name-text.ts';
import { SubjectPublicKeyInfo } from '../../src/x509/subject-public-key-info.ts';
import { temporaryDirectory } from '../store/sample.ts';
import { isSettled, pairwise, upTo } from './casualty.ts';
import { poll } from './commands.ts';
import { openScene, type Client } from './scene.ts';

/** Write a PKCS#10 request whose key stays elsewhere. @returns its path */
async function csrFor(name: string): Promise<string> {
  const { key } = await softwareKeys.generate('p-256');
  const info = {
    version: 0,
    subject: parseName(`CN=${name}`),
    subjectPKInfo: fromDer(SubjectPublicKeyInfo, key.spki),
    attributes: [],
  };
  const signatureAlgorithm = signatureAlgorithmFor(key);
  const signature = await key.sign(toDer(CertificationRequestInfo, info), signatureAlgorithm);
  const path = join(temporaryDirectory(), `${name}.csr`);
  const request = { certificationRequestInfo: info, signatureAlgorithm, signature };
  writeFileSync(path, toDer(CertificationRequest, request));
  return path;
}

/** The command line for a request of a client's own. */
async function wordsFor({ name }: Client): Promise<string> {
  return `cmp request csr ${await csrFor(name)} cert-name NAME`;
}

/** Check that the one certificate issued is current, at the lab and here, delivered without a key. */
async function expectIssued(client: Client, label: string): Promise<void> {
  const issued = await client.issued();
  expect(issued, label).toMatchObject([{ status: 'current' }]);
  await client.withStore(async (store) => {
    const current = await store.certificates.current(client.name);
    expect(current?.der, label).toEqual(issued[0]?.der);
    expect(current, label).not.toHaveProperty('keyId');
    expect(current?.deliveredAt, label).toBeDefined();
  });
  expect(await isSettled(client), label).toBe(true);
  expect([...client.files().keys()], label).toEqual([
    `${client.name}.cert.pem`,
    `${client.name}.chain.pem`,
  ]);
}

describe('cmp request killed after each of its writes', () => {
  it.each([
    ['cmp poll', true],
    ['the same command', false],
  ])(
    'goes on with %s',
    async (_, byPoll) => {
      const scene = await openScene({ implicitConfirm: false });
      const unharmed = await scene.client('unharmed');
      const { write: writes } = await unharmed.runCounted(await wordsFor(unharmed));
      await expectIssued(unharmed, 'unharmed');

      // The last ones give the lease back and note how it ended: before them there is nothing to go on with, and
      // the same words are a new wish then.
      await pairwise(upTo(writes - 3), async (nth) => {
        const label = `write ${nth} of ${writes}`;
        const client = await scene.client(`gw-${nth}`);
        const words = await wordsFor(client);
        await client.runKilled(words, 'write', nth);
        const isBegun = await client.withStore(
          async (store) => (await store.history.list()).length > 0,
        );

        const { code, err } = await client.run(byPoll && isBegun ? poll : words);
        expect(code, `${label}: ${err}`).toBe(0);
        await expectIssued(client, label);
      });
    },
    60_000,
  );
});
