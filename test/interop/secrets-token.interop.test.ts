import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { requirePeer } from '../harness/require.ts';
import { filesBelow, valuesOf } from '../secrets/haystacks.ts';
import { makeScanner } from '../secrets/scan.ts';
import { makeSite, runLab } from '../secrets/site.ts';
import { modulePath, pin, setUpSoftHsm } from './softhsm.ts';

beforeEach((context) => {
  for (const name of ['softhsm2', 'opensc'] as const) requirePeer(context, name);
});

it('finds no PIN of a token, right or wrong, in anything that a run made or printed', async () => {
  const hsm = await setUpSoftHsm();
  const site = makeSite();
  // The module reads it from the environment of this process.
  Object.assign(process.env, hsm.env);
  const { given, state, cli } = site;
  const psk = site.secret('psk');
  site.secret('wrong-pin');
  site.secrets.push({ name: 'PIN', octets: Buffer.from(pin) });
  site.env['PIN'] = pin;
  const { url, root } = await runLab(site, 'lab', { d1: psk });

  const add = `crypto token add t1 module ${modulePath}`;
  expect(await cli(`ca add lab url ${url} root ${root} reference d1 secret env:PSK`)).toBe(0);
  for (const how of ['--verbose', '--json']) {
    expect(await cli(`${add} pin ${pin} ${how}`)).not.toBe(0);
    expect(await cli(`${add} pin file:${given}/wrong-pin ${how}`)).toBe(0);
    expect(await cli(`crypto token check t1 ${how}`)).toBe(4);
    // The second time it is not even tried.
    expect(await cli(`crypto token check pkcs11:token=t1?pin-value=${pin} ${how}`)).not.toBe(0);
  }
  expect(await cli(`${add} pin file:${hsm.pinFile} --json`)).toBe(0);
  expect(await cli('crypto token check t1 --verbose')).toBe(0);
  expect(await cli(`${add} pin env:PIN --verbose`)).toBe(0);
  const key = 'key-type p-256 key-provider pkcs11:token=t1;object=gw1';
  const wish = `cmp initialize ${key} cert-name gw1 subject-name CN=gw1 ca-root lab`;
  expect(await cli(`${wish} --verbose`)).toBe(0);
  expect(await cli(`${wish.replace('object=gw1', `object=gw1?pin-value=${pin}`)} --json`)).not.toBe(
    0,
  );
  expect(await cli('cmp update current-cert gw1 --json')).toBe(0);
  for (const line of [
    'show cert full gw1',
    'crypto token show',
    'show audit',
    'show cmp history',
  ]) {
    for (const how of ['', ' --json', ' --verbose']) expect(await cli(line + how)).toBe(0);
  }

  const scan = makeScanner([
    ...site.secrets,
    { name: 'store key', octets: readFileSync(join(state, 'store.key')) },
  ]);
  const look = (): readonly string[] =>
    [...filesBelow(site.made), ...valuesOf(join(state, 'store.db')), ...site.printed]
      .flatMap(scan)
      .map(({ secret, place }) => `${secret}: ${place.replace(`${site.made}/`, '')}`);
  expect(look()).toStrictEqual(['store key: state/store.key']);
  writeFileSync(join(site.made, 'tmp', 'scrap'), `C_Login(${Buffer.from(pin).toString('hex')})`);
  expect(look()).toStrictEqual(['store key: state/store.key', 'PIN: tmp/scrap']);
});
