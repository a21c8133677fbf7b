import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

/** Which test holds each rule of docs/notifications.md: file below test/, and part of its name. */
const rules: Readonly<Record<string, readonly (readonly [file: string, name: string])[]>> = {
  'an alarm is told once, whatever is restarted, and its end is not forgotten': [
    ['agent/alarms.test.ts', 'says nothing again when it was started again'],
    ['traps/alarms/properties.test.ts', 'end with one notification each'],
    ['agent/notifier.test.ts', 'that is broken off is done again by the next process'],
  ],
  'what is new, and what gets worse, is told at once': [
    ['traps/alarms/react.test.ts', 'is raised when the warning time begins, gets worse with time'],
    ['agent/alarms.test.ts', 'tells of a renewal that fails: at once, when it presses'],
  ],
  'what stands is told again after the hours that are set; daily in the last week, six-hourly on the last day':
    [
      ['traps/alarms/react.test.ts', 'is told again daily, six-hourly on the last day'],
      ['traps/alarms/react.test.ts', 'has the number of its first notification in a repeat'],
    ],
  'with repeat 0 nothing is told again': [
    ['traps/alarms/react.test.ts', 'is not told again when repeating is off'],
  ],
  'warning time is at most half of the lifetime, and nothing is warned of that has a valid successor':
    [
      ['traps/alarms/watch.test.ts', 'never before half of the lifetime'],
      [
        'traps/alarms/react.test.ts',
        'ends with a valid successor, and is not raised where there is one',
      ],
    ],
  'a renewal that fails is told at first, by another reason, a rise or a repeat; what is not told is counted':
    [
      [
        'traps/alarms/react.test.ts',
        'is told once, then by another reason, a rise, or a repeat; the rest is counted',
      ],
      [
        'traps/alarms/react.test.ts',
        'is major when half of the window is gone, and at once when blocked',
      ],
    ],
  'an end is told to whom its alarm was told, and an issued or renewed certificate always': [
    [
      'traps/alarms/outbox.test.ts',
      'says nothing of the end of an alarm that the destination was never told of',
    ],
    ['traps/alarms/outbox.test.ts', 'always tells of the certificate'],
  ],
  'a destination is sent ten at once and sixty a minute, the worst first; what is dropped is counted':
    [
      ['agent/notifier.test.ts', 'ten at once, then one a second'],
      ['traps/alarms/outbox.test.ts', 'sends a burst, the worst first'],
      ['traps/alarms/outbox.test.ts', 'drops the oldest over the bound, and says how many'],
      ['traps/alarms/token-bucket.test.ts', 'fills up to its burst, and not beyond'],
    ],
  'what is told earlier of a certificate arrives before what is told later': [
    ['traps/alarms/outbox.test.ts', 'never sends something before what was told earlier'],
  ],
  'what is found at a start is spread over a minute': [
    ['agent/alarm-rules.test.ts', 'spreads over a minute what is found of many certificates'],
  ],
  'an inform that fails is tried again with growing delay for a day, or until something newer replaces it; a trap is not':
    [
      [
        'traps/alarms/outbox.test.ts',
        'waits 1, 2, 5, 15 and 60 minutes, then hours, and gives up after a day',
      ],
      ['traps/alarms/outbox.test.ts', 'keeps one entry of an alarm, and counts what it replaces'],
      ['traps/local-senders.test.ts', 'is so for all but traps'],
    ],
  'by a clock that cannot be right no end is warned of, and the clock itself is told': [
    [
      'agent/alarms.test.ts',
      'tells of a clock that was set back, and says nothing of ends until it is believed',
    ],
    [
      'agent/alarm-rules.test.ts',
      'holds a clock for wrong that says a time before there was a certkeeper',
    ],
    ['traps/alarms/react.test.ts', 'stays as it is while the clock is suspect'],
  ],
  'CA certificates and roots of CA profiles are watched as others are': [
    ['agent/alarms.test.ts', 'tells of a CA certificate, and of the root of a profile'],
    ['cli/tell-act.test.ts', 'tells of CA certificates whose end is near, and that they are gone'],
  ],
  'what has no clear of its own ends with the same notification, cleared: by a removal, a rollback, a clear':
    [
      ['agent/alarms.test.ts', 'ends all that stands of a name that is removed'],
      ['agent/alarms.test.ts', 'until somebody clears it'],
      [
        'cli/tell-act.test.ts',
        'tells what cert restore, import and remove do to the end that is warned of',
      ],
    ],
  'what commands do by hand is told by the same rules': [
    ['cli/tell-act.test.ts', 'tells of each that cmp update all could not renew'],
    ['cli/tell-act.test.ts', 'tells that a renewal by hand failed, waits and is done'],
  ],
  'one process sends at a time; beside an agent a command only fills the outbox': [
    ['agent/notifier.test.ts', 'is done by one process, and by the next when that has ended'],
    ['agent/alarm-rules.test.ts', 'has a command beside an agent put into the outbox'],
  ],
  'boots and time of a sender go on after a restart, so that traps of version 3 are believed': [
    ['traps/snmp-sender.test.ts', 'says its own boots and time in traps of version 3'],
    [
      'interop/snmp-trapd.interop.test.ts',
      'goes on taking traps of version 3 when the sender was started again',
    ],
  ],
  'a message fits a frame': [['traps/message.test.ts', 'fits a frame by shortening the text']],
  'a clock that is behind a CRL is told as one that cannot be right': [
    ['scheduler/clock-behind-crls.test.ts', 'has it told as clock-suspect, once'],
  ],
  'of sources for peers it is told what the store has: major where a policy would refuse, and over with what was wrong':
    [
      ['scheduler/watch-sources.test.ts', 'is told of at once where none is held'],
      ['scheduler/watch-sources.test.ts', 'and recovers with what did'],
      ['scheduler/watch-sources.test.ts', 'is, to a policy that is %s, %s'],
      [
        'scheduler/watch-sources.test.ts',
        'is told of for as long as it is asked, and a day longer',
      ],
      ['scheduler/watch-sources.test.ts', 'is told of when that has lasted for an hour'],
      ['agent/agent-validation.test.ts', 'over restarts and once each'],
    ],
  'a certificate of ours that a policy names is told of as revoked until another word, or a new one':
    [
      ['scheduler/watch-own.test.ts', 'once, until the hold is lifted'],
      ['scheduler/watch-own.test.ts', 'stays revoked while nobody gives another word'],
    ],
  'of peers that are revoked webhooks, commands and logs are told, and never SNMP; ten at once and one a minute':
    [
      ['agent/watched-validation.test.ts', 'and never to a receiver of SNMP'],
      ['agent/watched-validation.test.ts', 'no more often than ten at once'],
      ['agent/telling-gate.test.ts', 'no more be told than ten at once and one a minute'],
    ],
  'a daily backup that is not made is told, and that it is made again': [
    ['agent/daily-backup.test.ts', 'is told, tried again every hour, and told to be over'],
  ],
};

describe('a rule of notifications', () => {
  it.each(Object.entries(rules))('%s: is tested', (_, tests) => {
    for (const [file, name] of tests) {
      const text = readFileSync(join(import.meta.dirname, '../..', file), 'utf8');
      expect(text, file).toContain(name);
    }
  });
});
