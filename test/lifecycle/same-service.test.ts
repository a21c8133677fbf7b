import { describe, expect, it } from 'vitest';
import { parseLabel } from '../../src/base/label.ts';
import { apartWarnings } from '../../src/lifecycle/same-service.ts';
import type { Deployment, DeployTarget } from '../../src/store/deployments-contract.ts';
import type { StapleEndpoint, StapleTarget } from '../../src/store/staples-contract.ts';

const endpoint = (label: string, target: StapleTarget): StapleEndpoint => ({
  label: parseLabel(label, 'to'),
  target,
});

const deployment = (label: string, path: string, target?: DeployTarget): Deployment => ({
  label: parseLabel(label, 'to'),
  files: [{ kind: 'combined', path }],
  ...(target && { target }),
});

const nginx = { type: 'nginx', pidFile: '/run/nginx.pid' } as const;
const haproxy = { type: 'haproxy', socket: '/run/h.sock' } as const;
const atNginx = endpoint('nginx', { ...nginx, file: '/etc/nginx/gw1.ocsp' });
const atHaproxy = endpoint('haproxy', { ...haproxy, file: '/etc/haproxy/gw1.pem' });

describe('apartWarnings()', () => {
  it.each([
    ['nginx by its pid file', atNginx, deployment('web', '/etc/nginx/gw1.pem', nginx)],
    ['HAProxy by its file', atHaproxy, deployment('web', '/etc/haproxy/gw1.pem', haproxy)],
  ])('finds that a deployment of another label is the same service: %s', (_what, at, other) => {
    const [warning] = apartWarnings(at, [other]);
    expect(warning).toContain('deployment "web" is the same service');
    expect(warning).toContain('"to web"');
  });

  it('finds a file of HAProxy that HAProxy is not told of', () => {
    const [warning] = apartWarnings(atHaproxy, [deployment('files', '/etc/haproxy/gw1.pem')]);
    expect(warning).toContain('HAProxy takes up no renewal');
    expect(warning).toContain('target haproxy socket /run/h.sock');
  });

  it.each([
    ['the label is the same', atNginx, deployment('nginx', '/etc/nginx/gw1.pem', nginx)],
    [
      'it is another nginx',
      atNginx,
      deployment('web', '/a.pem', { type: 'nginx', pidFile: '/run/2.pid' }),
    ],
    ['it is another file', atHaproxy, deployment('web', '/etc/haproxy/gw2.pem', haproxy)],
    [
      'a program looks for itself',
      endpoint('listener', { type: 'listener' }),
      deployment('web', '/a.pem', nginx),
    ],
  ])('says nothing when %s', (_what, at, other) => {
    expect(apartWarnings(at, [other])).toStrictEqual([]);
  });
});
