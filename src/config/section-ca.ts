import { bytesEqual } from '../base/bytes.ts';
import { parseLabel, type Label } from '../base/label.ts';
import { deliverAnchors } from '../lifecycle/deliver-anchors.ts';
import { needOfPeers } from '../lifecycle/ipsec-needs.ts';
import { judgingSettings, needOfCa, needOfRelayedCa } from '../lifecycle/needed-by.ts';
import { removeProfile } from '../lifecycle/remove-authority.ts';
import type { CaProfile } from '../settings/ca-profile.ts';
import type { KeptBeside } from '../store/authorities-contract.ts';
import type { Store } from '../store/store.ts';
import { caProfileOf, checkProfile } from './ca-profile.ts';
import { wordsOfProfile } from './ca-words.ts';
import {
  compare,
  type Change,
  type ConfigContext,
  type Entry,
  type WantedEntry,
  type Words,
} from './entry.ts';
import { stored } from './leaves.ts';
import { wantedSecret } from './stored-secret.ts';
import type { ConfigFile } from './schema.ts';
import type { CaWords } from './words-ca.ts';

/** The CA profiles as the file would have them. */
export async function storedCas({ authorities }: Store): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  for (const profile of await authorities.list()) {
    const kept = await authorities.kept(profile.label);
    entries.push({
      path: [profile.label],
      words: { ...wordsOfProfile(profile), ...wordsOfKept(kept) },
    });
  }
  return entries;
}

function wordsOfKept(kept: KeptBeside | undefined): Words {
  return {
    ...(kept?.secret === true && { secret: stored }),
    ...(kept?.proxyPassword === true && { 'proxy-password': stored }),
  };
}

/** Compare the CA profiles with those of the file. */
export async function compareCas(
  context: ConfigContext,
  file: Readonly<Record<string, CaWords>>,
  whole: ConfigFile,
): Promise<readonly Change[]> {
  const { store, faults } = context;
  const wanted: WantedEntry[] = [];
  for (const [text, words] of Object.entries(file)) {
    wanted.push(await wantedCa(context, parseLabel(text, 'ca'), words));
  }
  const outstanding = await store.transactions.overview();
  const stand = await judgingSettings(store);
  // Those of the file are checked where they stand in it.
  const left = {
    ocsp: whole.ocsp === undefined ? stand.ocsp : [],
    policies: whole['crypto-policy'] === undefined ? stand.policies : [],
  };
  const peersLeft = whole['ipsec-peer'] === undefined ? await store.ipsecPeers.list() : [];
  return compare({
    section: 'ca',
    before: await storedCas(store),
    wanted,
    async checkRemoval([label = '']) {
      const isLabelled = (await store.caCertificates.get(label)) !== undefined;
      const isRelayedStill = !isLabelled && whole['staple-responder'] === undefined;
      const need =
        (isLabelled ? undefined : needOfCa(left, label)) ??
        (isLabelled ? undefined : needOfPeers(peersLeft, 'ca', label)) ??
        (isRelayedStill ? await needOfRelayedCa(store, label) : undefined);
      if (need) faults.add(['ca'], `${need.who} needs "${label}", which is not in it`, need.hint);
      const waiting = outstanding.find(({ ca }) => ca === label);
      if (waiting === undefined) return;
      faults.add(
        ['ca'],
        `CA profile "${label}" is not in it, and cannot be removed: the request for "${waiting.name}" waits for it`,
        `Finish it with "certkeeper cmp poll current-cert ${waiting.name}", or close it with "certkeeper clear cmp cert-name ${waiting.name}"`,
      );
    },
    remove: ([label = ''], carry) => removeProfile(carry, label),
  });
}

async function wantedCa(
  context: ConfigContext,
  label: Label,
  words: CaWords,
): Promise<WantedEntry> {
  const { authorities } = context.store;
  const before = await authorities.get(label);
  const kept = await authorities.kept(label);
  const profile = await caProfileOf(context, label, words, before);
  await checkProfile(context, profile, words);
  const secret = await wantedSecret(context, ['ca', label, 'secret'], words.secret, {
    isStored: kept?.secret === true,
    open: () => authorities.secret(label),
  });
  const passwordPath = ['ca', label, 'proxy-password'];
  const proxyPassword = await wantedSecret(context, passwordPath, words['proxy-password'], {
    isStored: kept?.proxyPassword === true,
    open: () => authorities.proxyPassword(label),
  });
  // A password for nobody is of no use.
  const isForNobody = profile.proxy?.username === undefined;
  return {
    path: [label],
    words: {
      ...wordsOfProfile(profile),
      secret: secret.word,
      'proxy-password': isForNobody ? undefined : proxyPassword.word,
    },
    async put(carry) {
      await authorities.put(profile, secret.octets, isForNobody ? null : proxyPassword.octets);
      const isMoved = before !== undefined && !sameRoots(before, profile);
      if (isMoved && !carry.isLater) await deliverAnchors(carry, label);
    },
  };
}

function sameRoots({ roots: a }: CaProfile, { roots: b }: CaProfile): boolean {
  return a.length === b.length && a.every((der, i) => bytesEqual(der, b[i] ?? new Uint8Array()));
}
