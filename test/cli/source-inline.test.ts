import { describe, expect, it } from 'vitest';
import { CertError } from '../../src/base/errors.ts';
import { parseInlinePem } from '../../src/cli/source-inline.ts';
import { asBuffer } from '../../src/base/bytes.ts';
import { vector } from '../pkcs/vectors.ts';
import { gatewayPem, rootPem } from './certificates.ts';

const both = gatewayPem + rootPem;

function messageOf(text: string): string {
  try {
    parseInlinePem(text, 'pem data');
  } catch (error) {
    if (error instanceof CertError && error.code === 'PEM_MALFORMED') return error.message;
    throw error;
  }
  throw new Error('it was taken');
}

describe('parseInlinePem()', () => {
  it.each([
    ['as it is', (pem: string) => pem],
    ['with CR LF', (pem: string) => pem.replaceAll('\n', '\r\n')],
    ['with CR', (pem: string) => pem.replaceAll('\n', '\r')],
    ['indented', (pem: string) => pem.replaceAll('\n', '\n  ')],
    ['with \\n', (pem: string) => pem.replaceAll('\n', '\\n')],
    ['with \\r\\n', (pem: string) => pem.replaceAll('\n', '\\r\\n')],
    ['with \\n at the end of blocks only', (pem: string) => unwrapped(pem).replaceAll('\n', '\\n')],
    ['with blanks', (pem: string) => pem.replaceAll('\n', ' ')],
    ['with several blanks', (pem: string) => pem.replaceAll('\n', ' \t ')],
    ['in long lines', unwrapped],
  ])('reads PEM %s', (_, write) => {
    expect(parseInlinePem(write(gatewayPem), 'pem data')).toBe(gatewayPem);
    expect(parseInlinePem(write(both), 'pem data')).toBe(both);
  });

  it.each(['\n', '\\n'])('reads the old encrypted form with %j', (end) => {
    const pem = asBuffer(vector('sec1-ec.pem')).toString('utf8');
    expect(pem).toContain('Proc-Type: 4,ENCRYPTED');
    expect(parseInlinePem(pem.replaceAll('\n', end), 'pem data')).toBe(pem);
  });

  it.each([
    ['nothing', ''],
    ['no PEM', 'MIIC'],
    ['both kinds of line ends', gatewayPem.replace('\n', '\\n')],
    ['text before it', `x\n${gatewayPem}`],
    ['text behind it', `${gatewayPem}x`],
    ['text between blocks', `${gatewayPem}x\n${rootPem}`],
    ['no end', gatewayPem.slice(0, -27)],
    ['another end', gatewayPem.replace('END CERTIFICATE', 'END X')],
    ['a block in a block', gatewayPem.replace('\nMII', '\n-----BEGIN X-----\nMII')],
    ['half a line missing', gatewayPem.replace('MIIChjCCAiygAw', '')],
    ['a character of no Base64', gatewayPem.replace('MIIChj', 'MII*hj')],
    ['padding inside', gatewayPem.replace('MIIChj', 'MIICh=')],
    ['an empty line inside', gatewayPem.replace('\ndDES', '\n\ndDES')],
    ['no body', '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----'],
    ['a label in small letters', gatewayPem.replaceAll('CERTIFICATE', 'certificate')],
    ['a header that is none', gatewayPem.replace('\nMII', '\nComment: x\nMII')],
    ['blanks, and text behind', `${gatewayPem.replaceAll('\n', ' ')} x`],
  ])('refuses %s, and repeats none of it', (_, text) => {
    const message = messageOf(text);
    expect(message).toMatch(/^Cannot use pem data: /);
    expect(message).not.toMatch(/MII|[A-Za-z0-9+/]{20}/);
  });
});

function unwrapped(pem: string): string {
  return pem.replaceAll(/(?<!-)\n(?!-)/g, '');
}
