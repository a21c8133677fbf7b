import { quoted } from '../base/quoted.ts';
import type { OcspObject } from './ocsp-object.ts';
import { ocspSettings, type OcspSetting } from './ocsp-settings.ts';

/** What is wrong with an OCSP object, in whole sentences without a period; it is not kept unless `errors` is empty. */
export interface OcspObjectCheck {
  readonly errors: readonly string[];
  /** It works, and perhaps not as meant. */
  readonly warnings: readonly string[];
}

/** Check an OCSP object when it is set: each value in its range, and nothing that could never work together. */
export function checkOcspObject(object: OcspObject): OcspObjectCheck {
  return {
    errors: [
      ...ocspSettings.flatMap((setting) => rangeError(setting, object)),
      ...responderErrors(object),
      ...timeErrors(object),
      ...tunnelErrors(object),
    ],
    warnings: warningsOf(object),
  };
}

function rangeError(
  { word, field, values, unit }: OcspSetting,
  object: OcspObject,
): readonly string[] {
  const all: Readonly<Record<string, unknown>> = { ...object.tunnel, ...object };
  const given = all[field];
  const each: readonly unknown[] = Array.isArray(given)
    ? given
    : given === undefined
      ? []
      : [given];
  return each.flatMap((value) => {
    if (values.type === 'number') {
      if (value === values.word) return [];
      const { min, max } = values;
      const isIn =
        typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max;
      const of = unit ? ` ${unit}` : '';
      return isIn ? [] : [`${word} is ${String(value)}, expected ${min} to ${max}${of}`];
    }
    if (values.type === 'text' && typeof value === 'string' && !values.pattern.test(value)) {
      return [`${word} is ${quoted(value)}, expected ${values.says}`];
    }
    return [];
  });
}

function responderErrors({ verifyOthers, signingCerts, caChain }: OcspObject): readonly string[] {
  if (verifyOthers) {
    const unbound = signingCerts.filter(
      ({ forCa }) => typeof forCa === 'object' && forCa.length === 0,
    );
    return [
      ...(signingCerts.length === 0
        ? [
            `verify-others is on and there are no signing-certs: ${
              caChain === undefined
                ? 'nobody could answer'
                : 'nobody could answer; ca-chain counts with verify-others off'
            }`,
          ]
        : []),
      ...unbound.map(({ label }) => `signing-certs has "${label}" for no CA at all`),
    ];
  }
  return caChain === undefined || caChain === ''
    ? ['verify-others is off and there is no ca-chain: nobody could answer']
    : [];
}

/** A kept result that is gone before the query that brought it may end would be asked for again and again. */
function timeErrors(object: OcspObject): readonly string[] {
  const { timeoutMs, cacheTimeoutSeconds, cacheErrorTimeoutSeconds } = object;
  const tooShort = (word: string, seconds: number): readonly string[] => {
    if (seconds * 1000 >= timeoutMs) return [];
    const enough = Math.ceil(timeoutMs / 1000);
    const most = mostOf(word);
    const advice =
      enough > most
        ? `set timeout to ${most * 1000} ms at the most`
        : `set it to ${Math.min(enough + 1, most)} s`;
    return [`${word} is ${seconds} s, which is less than timeout, ${timeoutMs} ms: ${advice}`];
  };
  return [
    ...(cacheTimeoutSeconds === 'indefinite' ? [] : tooShort('cache-timeout', cacheTimeoutSeconds)),
    ...tooShort('cache-error-timeout', cacheErrorTimeoutSeconds),
  ];
}

function mostOf(wanted: string): number {
  const values = ocspSettings.find(({ word }) => word === wanted)?.values;
  return values?.type === 'number' ? values.max : Infinity;
}

function tunnelErrors({ tunneling, tunnel }: OcspObject): readonly string[] {
  return [
    ...(tunneling && (!tunnel || tunnel.address === '')
      ? ['tunneling is on and needs tunnel-address and tunnel-port']
      : []),
    ...(tunnel?.hasPassword === true && tunnel.username === undefined
      ? ['tunnel-password is set and tunnel-username is not']
      : []),
  ];
}

function warningsOf(object: OcspObject): readonly string[] {
  const { maxAgeSeconds, rejectMissingNextUpdate, verifyOthers, issuerCriteriaCheck } = object;
  const { acceptTrustedRoot, allowSha1, nonce, url, caching, cachingNextUpdateAheadSeconds } =
    object;
  const warnings: string[] = [];
  if (maxAgeSeconds === -1 && !rejectMissingNextUpdate) {
    warnings.push(
      'a response without nextUpdate is taken whatever its age: set max-age or reject-missing-next-update',
    );
  }
  if (!verifyOthers && !issuerCriteriaCheck) {
    warnings.push('issuer-criteria-check is off: RFC 6960 refuses responders that are taken now');
  } else if (!verifyOthers && acceptTrustedRoot) {
    warnings.push('accept-trusted-root is on: RFC 6960 refuses responders that are taken now');
  }
  if (allowSha1) warnings.push('allow-sha1 is on: such signatures can be forged');
  if (nonce === 'require') {
    warnings.push(
      'nonce is "require": a responder that serves responses made beforehand (RFC 5019) never satisfies it',
    );
  }
  if (url !== undefined && /^https:/i.test(url)) {
    warnings.push(
      'url is https: its server is believed by its own certificate, which is asked about by nobody',
    );
  }
  if (caching && cachingNextUpdateAheadSeconds === 2_147_483_647) {
    warnings.push(
      'caching-nextupd-ahead-time discards every result at once: it is asked each time',
    );
  }
  return warnings;
}
