import { defineCommand, type Command } from './command.ts';
import * as table from './parameters-keygen.ts';

/** Commands that make a key and a request for a CA without CMP. */
export const keygenCommands: readonly Command[] = [
  defineCommand({
    words: ['crypto', 'rsa-keygen'],
    changes: 'world',
    summary: 'Make an RSA key and a PKCS #10 request, for a CA without CMP',
    parameters: { ...table.rsaKeygenParameters, ...table.keyRequestParameters },
    example:
      'crypto rsa-keygen modulus 2048 id-type fqdn id gw1.example subject-name "CN=gw1,O=Test" cert-name gw1',
    load: () => import('./commands/crypto-rsa-keygen.ts'),
  }),
  defineCommand({
    words: ['crypto', 'keygen'],
    changes: 'world',
    summary: 'Make a key of any type and a PKCS #10 request, for a CA without CMP',
    parameters: { ...table.keygenParameters, ...table.keyRequestParameters },
    example:
      'crypto keygen key-type p-256 id-type ip id 192.0.2.1 subject-name "CN=gw1,O=Test" cert-name gw1 file gw1.csr',
    load: () => import('./commands/crypto-keygen.ts'),
  }),
];
