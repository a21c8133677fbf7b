import { describe, expect, it } from 'vitest';
import { parseSecretSource } from '../../src/cli/secret.ts';
import { newTokenKeyUri, pinSourceOf, tokenUriOf } from '../../src/cli/token-arguments.ts';
import { checkedLabel } from '../../src/lifecycle/token-settings.ts';

const usage: unknown = expect.objectContaining({ code: 'USAGE_INVALID' });

describe('pinSourceOf()', () => {
  it.each([
    ['file:/etc/pin', 'file:/etc/pin'],
    ['env:PIN', 'env:PIN'],
    ['cred:pin', 'cred:pin'],
    ['prompt', 'prompt'],
    ['file:pin', `file:${process.cwd()}/pin`],
  ])('writes %s as %s', (text, source) => {
    expect(pinSourceOf(parseSecretSource(text, 'pin'))).toBe(source);
  });

  it.each(['s3cret-4711', 'file:-'])(
    'keeps no PIN, and nothing that is there only once',
    (text) => {
      expect(() => pinSourceOf(parseSecretSource(text, 'pin'))).toThrow(usage);
      expect(() => pinSourceOf(parseSecretSource(text, 'pin'))).not.toThrow(/4711/);
    },
  );
});

describe('newTokenKeyUri()', () => {
  it('labels the key with the name of its certificate, unless the URI has a label', () => {
    expect(newTokenKeyUri('pkcs11:token=t1', 'gw1')).toBe(
      'pkcs11:token=t1;object=gw1;type=private',
    );
    expect(newTokenKeyUri('pkcs11:object=k;token=t1', 'gw1')).toBe(
      'pkcs11:token=t1;object=k;type=private',
    );
  });

  it('refuses an id: a new key has a new one', () => {
    expect(() => newTokenKeyUri('pkcs11:token=t1;id=%01', 'gw1')).toThrow(usage);
  });
});

describe('tokenUriOf()', () => {
  it('takes a label or a URI', () => {
    expect(tokenUriOf('My token')).toBe('pkcs11:token=My%20token');
    expect(tokenUriOf('pkcs11:serial=1?module-path=/x.so')).toBe(
      'pkcs11:serial=1?module-path=/x.so',
    );
  });
});

describe('checkedLabel()', () => {
  it.each(['', ' a', 'a ', 'a\nb', 'ä'.repeat(17), 'a\u0000'])('refuses %j', (label) => {
    expect(() => checkedLabel(label)).toThrow(usage);
  });

  it('takes up to 32 octets, in any script', () => {
    expect(checkedLabel('ä'.repeat(16))).toBe('ä'.repeat(16));
  });
});
