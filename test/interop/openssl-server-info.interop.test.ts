import { describe, expect, it } from 'vitest';
import { startOperator } from './openssl/operator.ts';
import { useOpensslPki } from './openssl/suite.ts';

const pki = useOpensslPki();

function info(...words: readonly string[]): readonly string[] {
  return ['cmp', 'info', ...words, 'ca-root', 'mock'];
}

describe('"cmp info" against OpenSSL, which gives a question back as its answer', () => {
  it.each(['caCerts', 'certReqTemplate', 'currentCRL', 'signKeyPairTypes', '1.3.6.1.5.5.7.4.2'])(
    'asks for %s with a shared secret, and is told that there is nothing [B14][L10]',
    async (type) => {
      const operator = await startOperator(pki());
      const { code, out, err } = await operator.run(...info(type));
      expect({ code, err }).toEqual({ code: 0, err: '' });
      expect(out).toContain(`CA "mock" has no ${type}, or nothing newer than what is here`);
      expect(operator.server.received()).toEqual(['GENM']);
    },
  );

  it('asks signing [B14]', async () => {
    const operator = await startOperator(pki());
    await operator.bring('client');
    const { code, err } = await operator.run(...info('caCerts', 'signer-cert', 'client'));
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(operator.server.log()).not.toContain('PBM-based');
  });

  it.each(['rootCaCert', 'crlStatusList'])(
    'refuses %s for its own answer: another type answers it [L10]',
    async (type) => {
      const operator = await startOperator(pki());
      const { code, err } = await operator.run(...info(type));
      expect(code).toBe(6);
      expect(err).toContain('infoType is');
    },
  );

  it('says what the server has against it', async () => {
    const operator = await startOperator(pki(), {
      server: ['-send_error', '-statusstring', 'no questions'],
    });
    const { code, err } = await operator.run(...info('caCerts'));
    expect(code).toBe(7);
    expect(err).toContain('rejected the question for caCerts');
  });

  it('believes nothing that is not protected [R6]', async () => {
    const operator = await startOperator(pki(), { server: ['-send_unprotected'] });
    const { code } = await operator.run(...info('caCerts'));
    expect(code).toBe(6);
  });

  it('keeps nothing outstanding, and one line of history', async () => {
    const operator = await startOperator(pki());
    await operator.run(...info('caCerts'));
    await operator.withStore(async (store) => {
      expect(await store.transactions.outstanding()).toEqual([]);
      expect(await store.history.list()).toMatchObject([{ operation: 'genm', result: 'granted' }]);
    });
  });
});
