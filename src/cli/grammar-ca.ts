import { defineCommand, type Command } from './command.ts';
import * as table from './parameters-ca.ts';
import * as cmp from './parameters-cmp.ts';

/** Commands about CA profiles, what is in the store, and what is in a file. */
export const caCommands: readonly Command[] = [
  defineCommand({
    words: ['ca', 'add'],
    changes: 'store',
    summary: 'Set up a CA or RA: address, anchors, secret, and how to talk to it',
    parameters: table.caAddParameters,
    example: 'ca add rootA url http://ra.example/pkix/ root root.pem reference gw1 secret prompt',
    load: () => import('./commands/ca-add.ts'),
  }),
  defineCommand({
    words: ['ca', 'show'],
    changes: 'nothing',
    summary: 'List the CA profiles, or show everything about one',
    parameters: table.caShowParameters,
    load: () => import('./commands/ca-show.ts'),
  }),
  defineCommand({
    words: ['ca', 'probe'],
    changes: 'nothing',
    summary: 'Ask a CA what it can do; nothing is changed there or here',
    parameters: {
      ...table.caProbeParameters,
      ...cmp.credentialParameters,
      ...cmp.dumpParameters,
    },
    constraints: [...cmp.credentialConstraints],
    example: 'ca probe rootA',
    load: () => import('./commands/ca-probe.ts'),
  }),
  defineCommand({
    words: ['ca', 'remove'],
    changes: 'store',
    summary: 'Forget a CA profile and its secret, after asking',
    parameters: table.caRemoveParameters,
    example: 'ca remove rootA --yes',
    load: () => import('./commands/ca-remove.ts'),
  }),
  defineCommand({
    words: ['clear', 'ca', 'request-template'],
    changes: 'store',
    summary: 'Forget what a CA wished of requests (see cmp info certReqTemplate)',
    parameters: table.clearRequestTemplateParameters,
    example: 'clear ca request-template rootA',
    load: () => import('./commands/clear-ca-request-template.ts'),
  }),
  defineCommand({
    words: ['show', 'cert'],
    changes: 'nothing',
    summary: 'List certificates, or show everything about one',
    parameters: table.showCertParameters,
    constraints: [{ atMostOne: ['expiring', 'full'] }, { atMostOne: ['expiring', 'cert-name'] }],
    example: 'show cert full',
    load: () => import('./commands/show-cert.ts'),
  }),
  defineCommand({
    words: ['decode'],
    changes: 'nothing',
    summary: 'Show what is in a CMP message, a certificate, a PKCS#10 request or other DER',
    parameters: table.decodeParameters,
    example: 'decode message.der',
    load: () => import('./commands/decode.ts'),
  }),
];
