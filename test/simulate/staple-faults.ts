import type { Chance } from './chance.ts';
import type { WorldClock } from './clock.ts';
import type { Machine } from './machine.ts';
import type { Shelf } from './staple-shelf.ts';
import type { Mood, SimulatedResponder } from './staple-responder.ts';

/** Faults of the lab's responder after which what is held stays, however often it is asked. */
const wrongs = [
  'unknown',
  'wrong-cert-id',
  'expired',
  'future',
  'bad-signature',
  'delegate-untrusted',
  'unauthorized',
  'internal-error',
  'truncated',
  'html-200',
  'empty-body',
] as const;

/** Everything that goes wrong, and how often beside the others. */
export const stapleTroubles = {
  'responder down': 4,
  'responder silent': 2,
  'responder slow': 1,
  'responder flapping': 3,
  'responder wrong': 4,
  'responder tired': 3,
  'responder tired, all at one moment': 3,
  'said to be revoked': 2,
  'said to be on hold': 2,
  'endpoints refuse': 2,
  'killed at work': 4,
  'killed again and again': 2,
  restarted: 3,
  'machine off': 2,
  'CA down': 2,
} as const;

/** What it is that goes wrong. */
export function partOf(kind: StapleTrouble): BegunTrouble['of'] {
  if (kind.startsWith('responder ') || kind.startsWith('said ')) return 'responder';
  if (kind === 'endpoints refuse') return 'endpoints';
  return kind === 'CA down' ? 'ca' : 'process';
}

/** Something that goes wrong. */
export type StapleTrouble = keyof typeof stapleTroubles;

const drawn = Object.entries(stapleTroubles).flatMap(([kind, often]) =>
  Array.from({ length: often }, () => kind),
);

/** Draw what goes wrong next. */
export function drawTrouble(fate: Chance): StapleTrouble {
  const kind = drawn[fate.below(drawn.length)] ?? 'restarted';
  return isTrouble(kind) ? kind : 'restarted';
}

function isTrouble(text: string): text is StapleTrouble {
  return Object.hasOwn(stapleTroubles, text);
}

/** What trouble has its hands on. */
export interface TroubleSite {
  readonly clock: WorldClock;
  readonly responder: SimulatedResponder;
  readonly shelf: Shelf;
  readonly machine: Machine;
  /** Of a current certificate, as the lab writes it. */
  serial(): Promise<string | undefined>;
  inject(fault: string): Promise<void>;
  heal(): Promise<void>;
  setCa(isDown: boolean): void;
}

/** Something that has begun to go wrong. */
export interface BegunTrouble {
  /** Of which there is one at a time. */
  readonly of: 'responder' | 'endpoints' | 'process' | 'ca';
  readonly until: number;
  /** So long after its end a response may still be missing. */
  readonly graceMs: number;
  end(): Promise<void>;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** The longest pause after a failure, and what the work itself takes. */
const usualGraceMs = 1.5 * hourMs;

/** What no Retry-After may exceed, half of it for the spread, and the longest pause. */
const tiredGraceMs = 11 * hourMs;

/** Let something go wrong. */
export async function beginTrouble(
  kind: StapleTrouble,
  site: TroubleSite,
  fate: Chance,
): Promise<BegunTrouble> {
  const { clock, responder, shelf, machine } = site;
  const lasts = Math.min(30 * hourMs, 10 * minuteMs + fate.wait(4 * hourMs));
  const until = clock.nowMs + lasts;
  const moody = async (mood: Mood, graceMs = usualGraceMs): Promise<BegunTrouble> => {
    if (mood.type === 'fault') {
      await site.inject(mood.serial === undefined ? mood.name : `${mood.name}@${mood.serial}`);
    }
    responder.mood = mood;
    return {
      of: 'responder',
      until,
      graceMs,
      async end() {
        responder.mood = { type: 'well' };
        await site.heal();
      },
    };
  };
  const process = (of: number, graceMs = usualGraceMs): BegunTrouble => ({
    of: 'process',
    until: clock.nowMs + of,
    graceMs,
    async end() {
      machine.spare();
    },
  });
  switch (kind) {
    case 'responder down':
      return moody({ type: 'fault', name: 'down' });
    case 'responder silent':
      return moody({ type: 'fault', name: 'silence' });
    case 'responder slow':
      return moody({ type: 'fault', name: 'slow' });
    case 'responder flapping':
      return moody({ type: 'fault', name: 'flapping' });
    case 'responder wrong':
      return moody({ type: 'fault', name: fate.pick(wrongs) });
    case 'responder tired':
      return moody({ type: 'later', seconds: fate.between(30, 12 * 3600) }, tiredGraceMs);
    case 'responder tired, all at one moment':
      return moody({ type: 'later at', at: new Date(until) }, tiredGraceMs);
    case 'said to be revoked':
    case 'said to be on hold': {
      const serial = await site.serial();
      const name = kind === 'said to be revoked' ? 'revoked' : 'on-hold';
      if (serial === undefined) return process(minuteMs);
      return moody({ type: 'fault', name, serial }, usualGraceMs);
    }
    case 'endpoints refuse':
      shelf.refusing++;
      return {
        of: 'endpoints',
        until,
        graceMs: usualGraceMs,
        async end() {
          shelf.refusing--;
        },
      };
    case 'killed at work':
      machine.kill(fate.between(1, 200), 1);
      return process(hourMs);
    case 'killed again and again':
      machine.kill(fate.between(1, 60), fate.between(2, 20));
      return process(2 * hourMs);
    case 'restarted':
      await machine.stop();
      return process(minuteMs);
    case 'machine off': {
      const off = fate.oneIn(3) ? fate.between(1, 40) * hourMs : fate.between(1, 120) * minuteMs;
      machine.switchOff(off);
      return process(off);
    }
    case 'CA down':
      site.setCa(true);
      return {
        of: 'ca',
        until,
        // What is to be asked of a CA again is asked within some hours.
        graceMs: 8 * hourMs,
        async end() {
          site.setCa(false);
        },
      };
  }
}
