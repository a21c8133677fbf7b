import { describe, expect, it } from 'vitest';
import { parseLabel } from '../../src/base/label.ts';
import { commandWords, wordsOfDeployment } from '../../src/config/deployment.ts';
import type { DeploymentWords } from '../../src/deploy/deploy-usage.ts';
import { deploymentOf, isSetting } from '../../src/deploy/deployment-words.ts';

const certName = parseLabel('gw1', 'cert-name');
const usual: DeploymentWords = { certName, target: 'strongswan', socket: '/run/charon.vici' };

describe('cert deploy … target strongswan', () => {
  it('needs the socket alone, and no file', () => {
    expect(deploymentOf(usual)).toStrictEqual({
      label: 'strongswan',
      files: [],
      target: { type: 'strongswan', socket: '/run/charon.vici' },
    });
    expect(() => deploymentOf({ certName, target: 'strongswan' })).toThrow('socket is missing');
  });

  it('takes connections of others, each once', () => {
    const { target } = deploymentOf({ ...usual, reauth: ['hq', 'branch', 'hq'] });
    expect(target).toMatchObject({ reauthenticates: ['hq', 'branch'] });
  });

  it.each(['', 'a b', 'caf\u00e9', 'x'.repeat(256)])('refuses a connection called %j', (name) => {
    expect(() => deploymentOf({ ...usual, reauth: [name] })).toThrow('is no name of a connection');
  });

  it.each([
    ['cert', { cert: '/etc/gw1.pem' }],
    ['owner', { owner: 'root' }],
    ['key-mode', { keyMode: '600' }],
    ['probe', { probe: '127.0.0.1:443' }],
  ])('refuses %s, which is about files or TLS', (word, words) => {
    expect(() => deploymentOf({ ...usual, ...words })).toThrow(
      `${word} does not belong to target strongswan`,
    );
  });

  it('refuses reauth with another target, and files are still needed there', () => {
    const nginx: DeploymentWords = {
      certName,
      target: 'nginx',
      pidFile: '/run/nginx.pid',
      cert: '/etc/gw1.pem',
    };
    expect(() => deploymentOf({ ...nginx, reauth: ['hq'] })).toThrow(
      'reauth does not belong to target nginx',
    );
    expect(() => deploymentOf({ ...nginx, cert: undefined })).toThrow('no file is named');
  });

  it('is not said by no connections', () => {
    expect(isSetting({ certName, reauth: [], later: false })).toBe(false);
    expect(isSetting({ certName, reauth: ['hq'], later: false })).toBe(true);
  });

  it('is the same out of the file of the configuration', () => {
    const deployment = deploymentOf({ ...usual, reauth: ['hq'] });
    expect(wordsOfDeployment(deployment)).toMatchObject({
      target: 'strongswan',
      socket: '/run/charon.vici',
      reauth: ['hq'],
    });
    const words = { target: 'strongswan', socket: 'charon.vici', reauth: ['hq'] } as const;
    const read = deploymentOf(commandWords({ base: '/run' }, certName, 'strongswan', words));
    expect(read).toStrictEqual(deployment);
  });
});
