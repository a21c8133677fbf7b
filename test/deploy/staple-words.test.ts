import { describe, expect, it } from 'vitest';
import { endpointOf, wordsOfEndpoint, type StapleWords } from '../../src/deploy/staple-words.ts';

const nginx = { target: 'nginx', file: '/etc/nginx/gw1.ocsp', pidFile: '/run/nginx.pid' } as const;

describe('endpointOf()', () => {
  it.each<[StapleWords, object]>([
    [nginx, { type: 'nginx', file: '/etc/nginx/gw1.ocsp', pidFile: '/run/nginx.pid' }],
    [
      { target: 'haproxy', socket: '/run/api', file: '/etc/gw1.pem', entry: '@x/gw1' },
      { type: 'haproxy', socket: '/run/api', file: '/etc/gw1.pem', entry: '@x/gw1' },
    ],
    [
      { target: 'proftpd', directory: '/etc/ocsp/' },
      { type: 'proftpd', directory: '/etc/ocsp' },
    ],
    [
      { target: 'file', file: '/a', unit: 'x.service' },
      { type: 'file', file: '/a', unit: 'x.service' },
    ],
    [{ target: 'listener' }, { type: 'listener' }],
  ])('makes a target of its words: %#', (words, target) => {
    expect(endpointOf(words).target).toEqual(target);
  });

  it.each<[StapleWords, string]>([
    [{ target: 'nginx', file: '/a' }, 'pid-file is missing'],
    [{ ...nginx, socket: '/run/api' }, 'socket does not belong to target nginx'],
    [{ target: 'haproxy', socket: '/s', file: '/a b.pem' }, 'haproxy cannot be told of "/a b.pem"'],
    [{ ...nginx, file: '/etc/' }, '"/etc/" is nothing for file'],
    [{ ...nginx, file: '-' }, '"-" is nothing for file'],
    [{ ...nginx, file: '/etc/a\nb' }, 'has control characters'],
    [{ ...nginx, file: `/etc/${'x'.repeat(250)}` }, 'the file name for file has 250 octets'],
    [{ ...nginx, mode: '666' }, 'mode 666 lets everybody write'],
    [{ target: 'listener', mode: '644' }, 'target listener has no files'],
    [{ ...nginx, probeName: 'a' }, 'probe is missing'],
  ])('refuses what makes none, by name: %#', (words, message) => {
    expect(() => endpointOf(words)).toThrow(
      expect.objectContaining({ code: 'USAGE_INVALID', message: expect.stringContaining(message) }),
    );
  });

  it('can be written in words again', () => {
    const words = wordsOfEndpoint(endpointOf({ ...nginx, mode: '640', probe: '[::1]:443' }));
    expect(words).toMatchObject({
      target: 'nginx',
      file: '/etc/nginx/gw1.ocsp',
      'pid-file': '/run/nginx.pid',
      mode: '0640',
      probe: '[::1]:443',
    });
  });
});
