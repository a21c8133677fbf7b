import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { attribute, flag, keyKind, objectClass, returned } from '../../src/tokens/constants.ts';
import type { Attribute, Cryptoki, Handle, Mechanism } from '../../src/tokens/cryptoki.ts';
import { rawSignature } from './raw-signature.ts';

/** What a test may do to the token, and see of it. */
export interface FakeToken {
  readonly cryptoki: Cryptoki;
  /** Names of the functions called, in order, without their `C_`. */
  readonly calls: string[];
  /** PINs that were tried. */
  readonly pins: (string | undefined)[];
  pin: string;
  /** In its slot. */
  isThere: boolean;
  flags: number;
  /** Let a function fail with a CK_RV, once. */
  failNext(name: string, value: keyof typeof returned): void;
  /** End all sessions behind the back of who has them, as a reset by another process does. */
  dropSessions(): void;
  /** Objects in it. */
  count(): number;
  /** Put another private key in the place of each. */
  exchangeKeys(): void;
  /** Give points without the OCTET STRING around them, as some tokens do. */
  barePoints: boolean;
  /** Forget the public keys. */
  dropPublicKeys(): void;
}

interface FakeObject {
  readonly attributes: Map<number, Buffer>;
  key?: KeyObject;
}

/** A token in the memory of this process, by the rules of PKCS #11 as far as they matter here. */
export function fakeToken(label = 't1'): FakeToken {
  const objects = new Map<string, FakeObject>();
  const sessions = new Set<string>();
  const failures = new Map<string, number>();
  let found: Handle[] = [];
  let signing: { mechanism: Mechanism; key: KeyObject } | undefined;
  let isLoggedIn = false;
  let isInitialized = false;
  let isSeen = false;
  let isSigning = false;
  let next = 1;

  const handle = (): Handle => {
    const octets = Buffer.alloc(8);
    octets.writeUInt32LE(next++);
    return octets;
  };
  const called = (name: string) => {
    token.calls.push(name);
    const value = failures.get(name);
    failures.delete(name);
    if (value !== undefined) throw pkcs11Error(value);
    if (name !== 'Initialize' && !isInitialized)
      throw pkcs11Error(returned.CRYPTOKI_NOT_INITIALIZED);
  };
  const within = (name: string, session: Handle) => {
    called(name);
    if (!token.isThere) throw pkcs11Error(returned.DEVICE_REMOVED);
    if (!sessions.has(session.toString('hex'))) throw pkcs11Error(returned.SESSION_HANDLE_INVALID);
  };
  const reset = () => {
    sessions.clear();
    isLoggedIn = false;
  };
  const objectAt = (object: Handle): FakeObject => {
    const one = objects.get(object.toString('hex'));
    if (!one) throw pkcs11Error(returned.OBJECT_HANDLE_INVALID);
    return one;
  };

  const cryptoki: Cryptoki = {
    C_Initialize() {
      called('Initialize');
      isInitialized = true;
      // As SoftHSM and many others do: what is put in later is not seen.
      isSeen = token.isThere;
    },
    C_Finalize() {
      called('Finalize');
      isInitialized = false;
      reset();
    },
    C_GetSlotList() {
      called('GetSlotList');
      return isSeen && token.isThere ? [Buffer.from([7, 0, 0, 0, 0, 0, 0, 0])] : [];
    },
    C_GetTokenInfo() {
      called('GetTokenInfo');
      return {
        label: label.padEnd(32),
        manufacturerID: 'Fake'.padEnd(32),
        model: 'F1'.padEnd(16),
        serialNumber: '0001'.padEnd(16),
        flags: token.flags,
      };
    },
    C_OpenSession() {
      called('OpenSession');
      if (!token.isThere) throw pkcs11Error(returned.TOKEN_NOT_PRESENT);
      const session = handle();
      sessions.add(session.toString('hex'));
      return session;
    },
    C_CloseSession(session) {
      within('CloseSession', session);
      sessions.delete(session.toString('hex'));
    },
    C_Login(session, _user, pin) {
      within('Login', session);
      token.pins.push(pin);
      if (pin !== token.pin) throw pkcs11Error(returned.PIN_INCORRECT);
      isLoggedIn = true;
    },
    C_FindObjectsInit(session, template) {
      within('FindObjectsInit', session);
      found = [...objects]
        .filter(([, { attributes }]) => template.every((one) => has(attributes, one)))
        .filter(([, { key }]) => isLoggedIn || key === undefined)
        .map(([hex]) => Buffer.from(hex, 'hex'));
    },
    C_FindObjects: (session, max) => {
      within('FindObjects', session);
      return found.slice(0, max);
    },
    C_FindObjectsFinal: (session) => within('FindObjectsFinal', session),
    C_GetAttributeValue(session, object, template) {
      within('GetAttributeValue', session);
      const { attributes } = objectAt(object);
      return template.map(({ type }) => {
        const value = attributes.get(type);
        if (value === undefined) throw pkcs11Error(returned.ATTRIBUTE_TYPE_INVALID);
        const isBare = token.barePoints && type === attribute.EC_POINT;
        return { type, value: isBare ? value.subarray(value[1] === 0x81 ? 3 : 2) : value };
      });
    },
    C_DestroyObject(session, object) {
      within('DestroyObject', session);
      objectAt(object);
      objects.delete(object.toString('hex'));
    },
    async C_GenerateKeyPairAsync(session, _mechanism, publicTemplate, privateTemplate) {
      within('GenerateKeyPair', session);
      if (!isLoggedIn) throw pkcs11Error(returned.USER_NOT_LOGGED_IN);
      const pair = pairOf(publicTemplate);
      const [publicKey, privateKey] = [handle(), handle()];
      const common = publicAttributes(pair.publicKey);
      objects.set(publicKey.toString('hex'), {
        attributes: attributesFrom(objectClass.PUBLIC_KEY, publicTemplate, common),
      });
      common.delete(attribute.EC_POINT);
      objects.set(privateKey.toString('hex'), {
        attributes: attributesFrom(objectClass.PRIVATE_KEY, privateTemplate, common),
        key: pair.privateKey,
      });
      return { publicKey, privateKey };
    },
    C_SignInit(session, how, key) {
      within('SignInit', session);
      if (!isLoggedIn) throw pkcs11Error(returned.USER_NOT_LOGGED_IN);
      if (isSigning) throw pkcs11Error(returned.OPERATION_ACTIVE);
      const { key: privateKey } = objectAt(key);
      if (!privateKey) throw pkcs11Error(returned.KEY_HANDLE_INVALID);
      signing = { mechanism: how, key: privateKey };
    },
    async C_SignAsync(session, data) {
      within('Sign', session);
      if (!signing) throw pkcs11Error(returned.ARGUMENTS_BAD);
      // It takes a thread of its own, and time.
      isSigning = true;
      await setImmediate();
      isSigning = false;
      return rawSignature(signing.mechanism, signing.key, data);
    },
    close() {},
  };
  const token: FakeToken = {
    cryptoki,
    calls: [],
    pins: [],
    pin: '1234',
    isThere: true,
    flags: flag.TOKEN_INITIALIZED | flag.LOGIN_REQUIRED,
    barePoints: false,
    failNext: (name, value) => void failures.set(name, returned[value]),
    dropSessions: reset,
    count: () => objects.size,
    exchangeKeys() {
      for (const one of objects.values()) {
        if (one.key) one.key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
      }
    },
    dropPublicKeys() {
      for (const [hex, { key }] of objects) if (!key) objects.delete(hex);
    },
  };
  return token;
}

/** As pkcs11js throws it. */
function pkcs11Error(value: number): Error {
  const name = Object.entries(returned).find(([, number]) => number === value)?.[0] ?? '';
  return Object.assign(new Error(`CKR_${name}`), { name: 'Pkcs11Error', code: value });
}

function has(attributes: ReadonlyMap<number, Buffer>, wanted: Attribute): boolean {
  return attributes.get(wanted.type)?.equals(octetsOf(wanted)) ?? false;
}

function attributesFrom(
  kind: number,
  template: readonly Attribute[],
  common: ReadonlyMap<number, Buffer>,
): Map<number, Buffer> {
  const given = template.map((one) => [one.type, octetsOf(one)] as const);
  return new Map([
    [attribute.CLASS, octetsOf({ type: attribute.CLASS, value: kind })],
    ...given,
    ...common,
  ]);
}

function octetsOf({ value }: Attribute): Buffer {
  switch (typeof value) {
    case 'boolean':
      return Buffer.from([value ? 1 : 0]);
    case 'number': {
      const octets = Buffer.alloc(8);
      octets.writeUInt32LE(value);
      return octets;
    }
    case 'string':
      return Buffer.from(value, 'utf8');
    default:
      return value ?? Buffer.alloc(0);
  }
}

function pairOf(template: readonly Attribute[]) {
  const bits = template.find(({ type }) => type === attribute.MODULUS_BITS)?.value;
  if (typeof bits === 'number') return generateKeyPairSync('rsa', { modulusLength: bits });
  const curve = template.find(({ type }) => type === attribute.EC_PARAMS);
  const isP384 = curve !== undefined && octetsOf(curve).length === 7;
  return generateKeyPairSync('ec', { namedCurve: isP384 ? 'P-384' : 'P-256' });
}

function publicAttributes(key: KeyObject): Map<number, Buffer> {
  const jwk = key.export({ format: 'jwk' });
  if (jwk.kty === 'RSA') {
    return new Map([
      [attribute.KEY_TYPE, kindOf(keyKind.RSA)],
      [attribute.MODULUS, fromBase64url(jwk.n)],
      [attribute.PUBLIC_EXPONENT, fromBase64url(jwk.e)],
    ]);
  }
  const point = Buffer.concat([Buffer.from([4]), fromBase64url(jwk.x), fromBase64url(jwk.y)]);
  return new Map([
    [attribute.KEY_TYPE, kindOf(keyKind.EC)],
    [attribute.EC_POINT, Buffer.concat([Buffer.from([4, point.length]), point])],
  ]);
}

function kindOf(value: number): Buffer {
  return octetsOf({ type: attribute.KEY_TYPE, value });
}

function fromBase64url(text: string | undefined): Buffer {
  return Buffer.from(text ?? '', 'base64url');
}
