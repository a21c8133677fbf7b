import { request } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Health } from '../../src/agent/health.ts';
import {
  assertPlaceAllowed,
  serveMetrics,
  type MetricsAnswers,
} from '../../src/agent/metrics-server.ts';
import { coded } from '../lifecycle/site.ts';

const answers: MetricsAnswers = {
  metrics: async () => ({ contentType: 'text/plain; version=0.0.4', parts: ['a 1\n'] }),
  ready: async () => ({ isReady: true }),
};

async function serve(changes: Partial<MetricsAnswers> = {}): Promise<string> {
  const place = { address: '127.0.0.1', port: 0, isOpen: false };
  const server = await serveMetrics(place, { ...answers, ...changes });
  onTestFinished(() => server.close());
  return server.url;
}

function ask(url: string, method = 'GET'): Promise<{ status: number; type: string; text: string }> {
  return new Promise((resolve, reject) => {
    const asking = request(url, { method, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => (text += part));
      response.on('end', () => {
        const type = response.headers['content-type'] ?? '';
        resolve({ status: response.statusCode ?? 0, type, text });
      });
    });
    asking.on('error', reject).end();
  });
}

describe('serveMetrics()', () => {
  it('serves metrics, and that the process lives', async () => {
    const url = await serve();
    expect(await ask(url)).toStrictEqual({
      status: 200,
      type: 'text/plain; version=0.0.4',
      text: 'a 1\n',
    });
    expect(await ask(url.replace('/metrics', '/healthz'))).toMatchObject({ status: 200 });
    expect(await ask(url, 'HEAD')).toMatchObject({ status: 200, text: '' });
    expect(await ask(`${url}?x=1`)).toMatchObject({ status: 200 });
  });

  it('says by the status whether the agent is ready, and why not', async () => {
    let health: Health = { isReady: true };
    const url = (await serve({ ready: async () => health })).replace('/metrics', '/readyz');
    expect(await ask(url)).toMatchObject({ status: 200, text: 'ready\n' });
    health = { isReady: false, reason: 'the store is locked' };
    expect(await ask(url)).toMatchObject({ status: 503, text: 'the store is locked\n' });
  });

  it('answers nothing else, and only questions', async () => {
    const url = await serve({
      metrics: async () => {
        throw new Error('no store');
      },
    });
    expect(await ask(url)).toMatchObject({ status: 500, text: 'no store\n' });
    expect(await ask(`${url}/../../etc/passwd`)).toMatchObject({ status: 404 });
    expect(await ask(url, 'POST')).toMatchObject({ status: 405 });
  });

  it.each(['0.0.0.0', '::', '192.0.2.1', 'localhost', ''])(
    'refuses to listen on "%s" unless that is meant',
    async (address) => {
      const place = { address, port: 0, isOpen: false };
      await expect(serveMetrics(place, answers)).rejects.toMatchObject(coded('CONFIG_INVALID'));
    },
  );

  it.each([
    ['127.9.9.9', false],
    ['::1', false],
    ['0.0.0.0', true],
  ])('allows %s, said to be open: %s', (address, isOpen) => {
    expect(() => assertPlaceAllowed({ address, port: 0, isOpen })).not.toThrow();
  });

  it('says that a port is taken', async () => {
    const port = Number(new URL(await serve()).port);
    const place = { address: '127.0.0.1', port, isOpen: false };
    await expect(serveMetrics(place, answers)).rejects.toMatchObject({
      ...coded('CONFIG_INVALID'),
      message: expect.stringContaining(String(port)),
    });
  });
});
