import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import Sqlite from 'better-sqlite3';
import { expect, it } from 'vitest';
import type { Store } from '../../src/store/store.ts';
import { filesBelow, valuesOf } from './haystacks.ts';
import { privateKeySecrets } from './private-key-secrets.ts';
import { makeScanner, type Finding, type Secret } from './scan.ts';
import { makeSite, runLab, runProxy, type Site } from './site.ts';

/** The only files that may hold a private key, as the operator asked for them; and the key of the store. */
const meant = new Map<RegExp, RegExp>([
  [/^state\/certs\/(?:[\w-]+\.previous\/)?[\w-]+(?:\.key|\.csr-key)\.pem$/, /^key \d/],
  [/^out\/(?:gw1@files\.previous\/)?(?:gw1\.key|combined\.pem|exported\.pem)$/, /^key \d/],
  [/^(?:state\/store\.key|out\/with-key\.db)$/, /^store key /],
]);

function isMeant(site: Site, { place, secret }: Finding): boolean {
  const path = relative(site.made, place);
  return [...meant].some(([file, name]) => file.test(path) && name.test(secret));
}

/** Find each secret of the run in everything that was made and printed so far, but where it is meant to be. */
async function leaks(site: Site): Promise<readonly string[]> {
  const all = (await findings(site)).filter((finding) => !isMeant(site, finding));
  const said = all.map(({ secret, place }) => `${secret}: ${place.replace(`${site.made}/`, '')}`);
  return [...new Set(said)].toSorted();
}

async function findings(site: Site): Promise<readonly Finding[]> {
  const scan = makeScanner([...site.secrets, ...(await keysOf(site))]);
  return [
    ...filesBelow(site.made),
    ...valuesOf(join(site.state, 'store.db')),
    ...site.printed,
  ].flatMap(scan);
}

/** Every private key that was in the store, and every key of the store. */
async function keysOf(site: Site): Promise<readonly Secret[]> {
  const database = new Sqlite(join(site.state, 'store.db'), { readonly: true });
  const ids = database.prepare<[], number>('SELECT id FROM keys').pluck().all();
  database.close();
  const store = await site.open();
  for (const id of ids) {
    const secrets = privateKeySecrets(`key ${id}`, await store.keys.privateKey(id));
    for (const secret of secrets) site.keys.set(secret.name, secret);
  }
  await store.close();
  const octets = readFileSync(join(site.state, 'store.key'));
  const name = `store key ${octets.toString('hex').slice(0, 4)}`;
  site.keys.set(name, { name, octets });
  return [...site.keys.values()];
}

/** Run command lines, and say what they printed when one ends otherwise than it should. */
function judges(site: Site) {
  const ends = async (code: number, line: string): Promise<void> => {
    const got = await site.cli(line);
    expect(got, Buffer.from(site.printed.at(-1)?.octets ?? []).toString() + line).toBe(code);
  };
  return {
    ends,
    does: (line: string): Promise<void> => ends(0, line),
    async fails(line: string): Promise<void> {
      expect(await site.cli(line), line).not.toBe(0);
    },
  };
}

/** Set up CAs: one that answers at once, one that lets everybody wait, one behind a proxy. */
async function addCas(site: Site) {
  const psk = site.secret('psk');
  const slowPsk = site.secret('slow-psk');
  const proxyPassword = site.secret('proxy-password');
  const { url, root } = await runLab(site, 'lab', { d1: psk }, { keyGeneration: true });
  const slow = await runLab(site, 'slow', { d2: slowPsk }, { approval: 'manual' });
  const proxy = await runProxy(proxyPassword);
  const { given } = site;
  const { does } = judges(site);
  await does(`ca add lab url ${url} root ${root} reference d1 secret file:${given}/psk --verbose`);
  await does(
    `ca add slow url ${slow.url} root ${slow.root} reference d2 secret env:SLOW_PSK --json`,
  );
  const through = `url ${url} root ${root} proxy ${proxy} proxy-user us`;
  const known = `reference d1 secret file:${given}/psk`;
  await does(`ca add far ${through} proxy-password file:${given}/proxy-password ${known}`);
  const wrong = site.secret('wrong-proxy-password');
  await does(`ca add farther ${through} proxy-password ${wrong} ${known} --json`);
  return slow.lab;
}

const key = 'key-type p-256';

/** Begin the line of a first certificate. */
function initialize(name: string): string {
  return `cmp initialize cert-name ${name} subject-name CN=${name}`;
}

/** Say which secrets are in the requests that wait, once they are opened. */
async function storedTokens(site: Site): Promise<readonly string[]> {
  const scan = makeScanner(site.secrets);
  const store = await site.open();
  const records = await store.transactions.outstanding();
  await store.close();
  return records
    .flatMap(({ state, outgoing = state }) => [state, outgoing])
    .flatMap((octets) => scan({ place: 'a request', octets }))
    .map(({ secret }) => secret);
}

/** Get certificates in every way, and fail to. */
async function enroll(site: Site, slow: Awaited<ReturnType<typeof addCas>>): Promise<void> {
  const { given } = site;
  const { does, fails, ends } = judges(site);
  const wrong = site.secret('wrong-psk');
  site.secret('reg-token');
  site.secret('authenticator');
  const words = `reg-token file:${given}/reg-token authenticator env:AUTHENTICATOR`;
  await does(`${initialize('gw1')} ${key} ca-root lab ${words} --verbose`);
  await does('cmp update current-cert gw1 --json');
  await does('cmp enroll current-cert gw1 modulus 2048 cert-name rsa subject-name CN=rsa');
  await does(`${initialize('far')} key-type ed25519 ca-root far --verbose --json`);
  await does(`${initialize('central')} ${key} key-source central ca-root lab`);
  await does(`${initialize('dry')} ${key} ca-root lab dry-run`);
  await does(`${initialize('dry')} ${key} ca-root lab dry-run --json`);
  await does(`cmp update current-cert gw1 dump ${site.made}/dump --verbose`);

  await fails(`${initialize('f1')} ${key} ca-root farther --verbose`);
  await fails(`${initialize('f1')} ${key} ca-root farther --json`);
  for (const how of ['--verbose', '--json']) {
    await fails(`${initialize('f2')} ${key} ca-root lab ca-psk d1:${wrong} ${how}`);
    // A colon forgotten, and blanks in it: what follows is no word to be repeated.
    await ends(2, `${initialize('f2')} ${key} ca-root lab ca-psk d1 ${wrong} ${how}`);
    await ends(2, `ca add bad url http://x/ secret=${wrong} ${how}`);
  }
  await fails(`ca add bad url http://us:${wrong}@127.0.0.1:1/ root ${given}/lab.pem`);

  // These wait: secrets and tokens are stored with them, and go with them.
  for (const name of ['w1', 'w2', 'w3']) {
    await ends(8, `${initialize(name)} ${key} ca-root slow ${words} wait 0s`);
  }
  await ends(8, 'cmp poll current-cert w1 wait 0s --json');
  expect(await storedTokens(site)).toContain('reg-token');
  expect(await leaks(site)).toStrictEqual([]);
  const [first] = await slow.requests();
  await slow.approve(first?.id ?? 0);
  await does('cmp poll current-cert w1 wait 10s');
  await does('clear cmp cert-name w2 --yes');
}

/** Set up what peers are judged by, and judge one: the proxy is one that takes no connection. */
async function judgePeers(site: Site): Promise<void> {
  const { given, made } = site;
  const { does, ends } = judges(site);
  site.secret('tunnel-password');
  const literal = site.secret('literal-tunnel-password');
  const wrong = site.secret('wrong-tunnel-password');
  await does(`cert import cert-name rootP file ${given}/lab.pem ca`);
  const object =
    'ocsp verify-object hq verify-others off ca-chain rootP tunneling on tunnel-address 127.0.0.1 ' +
    'tunnel-port 1 tunnel-username us url http://127.0.0.1:1/ tunnel-password';
  await does(`${object} ${literal} --verbose`);
  await does(`${object} file:${given}/tunnel-password --json`);
  await ends(2, `${object} ${wrong}:env:TUNNEL_PASSWORD`);
  await does('crypto map gw ikev2-ipv4 ca rootP ocsp-cert-validator hq purpose any');
  await does(`cert export gw1 to ${made}/out/peer.pem`);
  for (const how of ['--verbose', '--json']) {
    await ends(9, `verify ${made}/out/peer.pem policy gw ${how}`);
    await does(`show ocsp ${how}`);
  }
}

/** Bring keys and certificates in, and out. */
async function carry(site: Site): Promise<void> {
  const { given, made } = site;
  const { does, fails } = judges(site);
  site.secret('export-password');
  const literal = site.secret('literal-password');
  const wrong = site.secret('wrong-password');
  const out = join(made, 'out');
  const exported = `cert export gw1 to ${out}`;
  await does(`${exported}/gw1.p12 form pkcs12 with-key password env:EXPORT_PASSWORD`);
  await does(`${exported}/exported.pem with-key --verbose`);
  await does(`${exported}/locked.pem with-key password ${literal} --json`);
  const imports = `cert import cert-name again file ${out}`;
  await fails(`${imports}/gw1.p12 password ${wrong} --verbose`);
  await fails(`${imports}/gw1.p12 password ${wrong} --json`);
  await does(`${imports}/gw1.p12 password file:${given}/export-password`);
  await does(`${imports}/locked.pem password ${literal} replace`);

  // A key that fits nothing, in clear: from a file, and typed out.
  const stray = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const pem = stray.export({ format: 'pem', type: 'pkcs8' });
  const der = stray.export({ format: 'der', type: 'pkcs8' });
  site.secrets.push(...privateKeySecrets('stray key', der));
  writeFileSync(join(given, 'stray.key'), pem, { mode: 0o600 });
  const cert = `${out}/exported.pem`;
  for (const how of ['--verbose', '--json']) {
    await fails(`cert import cert-name s file ${cert} key-file ${given}/stray.key ${how}`);
    const typed = pem.toString().replaceAll(/[ \n]/g, '¶');
    const line = 'certificate name s';
    await fails(`${line} pem url ${cert} private-key pem data ${typed} ${how}`);
    await fails(`${line} pem data ${typed} ${how}`);
    await fails(`${line} ${typed} ${how}`);
    await fails(`certificate name ${typed} ${how}`);
    await fails(`certificate ${typed} ${how}`);
    await fails(`${typed} ${how}`);
    await fails(`cert import ${typed} ${how}`);
    await fails(`cmp initialize modulus ${typed} ${how}`);
    await fails(`cmp initialize key-type ${typed} ${how}`);
    await fails(`cmp initialize wait ${typed} ${how}`);
    await fails(`cmp initialize ca-url ${typed} ${how}`);
    await does(`decode ${given}/stray.key ${how}`);
    await site.cli(`decode ${out}/gw1.p12 ${how}`);
  }
  const named = 'id-type fqdn id kg.example subject-name CN=kg cert-name kg';
  await does(`crypto keygen ${key} ${named} --json`);
}

/** Put files where services read them, and tell a hook of them. */
async function deploy(site: Site): Promise<void> {
  const { made } = site;
  const { does } = judges(site);
  const out = join(made, 'out');
  const files = `key ${out}/gw1.key fullchain ${out}/full.pem combined ${out}/combined.pem`;
  await does(`cert deploy cert-name gw1 ${files} --verbose`);
  await does('cert hook cert-name gw1 -- /usr/bin/env');
  await does('cmp update current-cert gw1 key-reuse --verbose');
  await does('cmp update current-cert gw1 --json');
  await does('hook test gw1');
  await does('hook test gw1 --json');
  await does('cert restore gw1');
  await does('cmp revoke current-cert rsa --json');
  await does('retention versions 1');
}

/** Copy the store while others have it open, and give it other keys: 32 octets, a passphrase, a file. */
async function takeCare(site: Site): Promise<void> {
  const { made, env, cli } = site;
  const { does, fails } = judges(site);
  const out = join(made, 'out');
  await does(`store backup ${out}/backup.db --verbose`);
  await does(`store backup ${out}/with-key.db with-key --json`);
  const octets = randomBytes(32);
  site.secrets.push({ name: 'own store key', octets });
  site.secrets.push({ name: 'digits of it', octets: Buffer.from(octets.toString('hex')) });
  env['OWN_KEY'] = octets.toString('hex');
  env['WRONG_KEY'] = env['OWN_KEY'].replaceAll('a', 'b');
  await keysOf(site);
  await does('store rekey new-key env:OWN_KEY data-key --verbose');
  env['CERTKEEPER_STORE_KEY'] = 'env:OWN_KEY';
  await does('cmp update current-cert far --verbose');
  for (const how of ['--verbose', '--json']) {
    await fails(`cmp update current-cert far --store-key env:WRONG_KEY ${how}`);
    await fails(`cmp update current-cert far --store-key env:PSK ${how}`);
  }
  const passphrase = site.secret('passphrase');
  const input = `${passphrase}\n${passphrase}\n`;
  expect(await cli('store rekey new-key prompt', { input, isTTY: true })).toBe(0);
  env['CERTKEEPER_STORE_KEY'] = 'prompt';
  expect(await cli('cmp update current-cert far --json', { input, isTTY: true })).toBe(0);
  expect(await cli('store rekey --json', { input, isTTY: true })).toBe(0);
  delete env['CERTKEEPER_STORE_KEY'];
}

/** Type lines into the shell, secrets among them. */
async function typeLines(site: Site): Promise<void> {
  const typed = site.secret('typed-secret');
  const lines = [
    `ca add typed url http://127.0.0.1:1/ root ${site.given}/lab.pem reference d9 secret ${typed}`,
    'cmp initialize key-type p-256 cert-name nobody subject-name CN=x ca-root typed',
    `cmp initialize ca-psk d9:${typed} ${typed}`,
    'show cert',
  ];
  await site.cli('shell --keep-going --verbose', { input: `${lines.join('\n')}\n` });
}

const looks = [
  'show cert',
  'show cert full',
  'show cert gw1',
  'show cert full gw1',
  'show cmp outstanding-req',
  'show cmp statistics',
  'show cmp history',
  'show audit last 1000',
  'show retention',
  'show retrieval',
  'ca show',
  'ca show lab',
  'ca show far',
  'crypto token show',
  'complete show cert',
  'doctor',
];

async function look(site: Site): Promise<void> {
  for (const line of looks) {
    for (const how of ['', ' --json', ' --verbose']) await site.cli(line + how);
  }
  await judges(site).does(`support bundle ${site.made}/out/bundle.json`);
}

/** Put a secret where none belongs, to see that it is found there. */
async function plant(site: Site, store: Store): Promise<readonly string[]> {
  const psk = site.secrets.find(({ name }) => name === 'psk')?.octets ?? Buffer.alloc(0);
  const [first = { name: '?', octets: psk }] = await keysOf(site);
  await store.settings.set('planted', Buffer.from(first.octets).toString('base64'));
  const scrap = join(site.made, 'tmp', 'scrap');
  writeFileSync(scrap, Buffer.from(Buffer.from(psk).toString('utf8'), 'utf16le'));
  site.printed.push({ place: 'a log', octets: Buffer.from(Buffer.from(psk).toString('hex')) });
  return [
    `${first.name}: state/store.db: settings.value`,
    `${first.name}: state/store.db-wal`,
    'psk: tmp/scrap',
    'psk: a log',
  ].toSorted();
}

it(
  'finds no secret of a whole run in database, WAL, files, output and errors',
  { timeout: 120_000 },
  async () => {
    const site = makeSite();
    const slow = await addCas(site);
    // While it is open, nothing of the WAL goes.
    const store = await site.open();
    await enroll(site, slow);
    await carry(site);
    await judgePeers(site);
    await deploy(site);
    await takeCare(site);
    await typeLines(site);
    await look(site);

    expect(site.secrets.length).toBeGreaterThan(10);
    expect((await keysOf(site)).length).toBeGreaterThan(10);
    expect(existsSync(join(site.state, 'store.db-wal'))).toBe(true);
    expect(await leaks(site)).toStrictEqual([]);
    // What is meant to be there is found: the scan sees these files, and knows these secrets.
    const places = new Set((await findings(site)).map(({ place }) => relative(site.made, place)));
    expect([...places]).toEqual(
      expect.arrayContaining([
        'out/gw1.key',
        'out/exported.pem',
        'state/certs/w1.key.pem',
        'state/store.key',
      ]),
    );
    expect([...site.temporary]).toStrictEqual([]);

    const planted = await plant(site, store);
    expect(await leaks(site)).toStrictEqual(planted);
    await store.close();
    expect(existsSync(join(site.state, 'store.db-wal'))).toBe(false);
  },
);
