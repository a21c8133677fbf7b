import { defineCommand, type Command } from './command.ts';
import * as table from './parameters-agent.ts';

/** The daemon, and what it does by itself. */
export const agentCommands: readonly Command[] = [
  defineCommand({
    words: ['cmp', 'auto-update'],
    changes: 'store',
    summary: 'Have a certificate renewed by the agent, so many days before its end',
    parameters: table.autoUpdateParameters,
    example: 'cmp auto-update current-name gw1 time 30',
    load: () => import('./commands/cmp-auto-update.ts'),
  }),
  defineCommand({
    words: ['no', 'cmp', 'auto-update'],
    changes: 'store',
    summary: 'Leave the renewal of a certificate to people again',
    parameters: table.noAutoUpdateParameters,
    example: 'no cmp auto-update current-name gw1',
    load: () => import('./commands/no-cmp-auto-update.ts'),
  }),
  defineCommand({
    words: ['cmp', 'fetch'],
    changes: 'world',
    summary: "Take a newer certificate, with its key, from another node's store",
    parameters: table.fetchParameters,
    example: 'cmp fetch current-cert gw1 ca-root rootA from /mnt/shared/certs',
    load: () => import('./commands/cmp-fetch.ts'),
  }),
  defineCommand({
    words: ['cmp', 'auto-fetch'],
    changes: 'world',
    summary: 'Have the agent fetch a certificate that another node renews',
    parameters: table.autoFetchParameters,
    example: 'cmp auto-fetch current-name gw1 ca-root rootA time 20 from /mnt/shared/certs',
    load: () => import('./commands/cmp-auto-fetch.ts'),
  }),
  defineCommand({
    words: ['no', 'cmp', 'auto-fetch'],
    changes: 'store',
    summary: 'Fetch a certificate by hand only again',
    parameters: table.noAutoFetchParameters,
    load: () => import('./commands/no-cmp-auto-fetch.ts'),
  }),
  defineCommand({
    words: ['agent', 'run'],
    // What it does is in the audit trail act by act.
    changes: 'nothing',
    summary: 'Renew, poll and deliver what is due, until it is stopped',
    parameters: table.agentRunParameters,
    example: 'agent run',
    load: () => import('./commands/agent-run.ts'),
  }),
  defineCommand({
    words: ['agent', 'status'],
    changes: 'nothing',
    summary: 'Tell whether an agent runs, what it did last and when it has something to do',
    parameters: {},
    load: () => import('./commands/agent-status.ts'),
  }),
  defineCommand({
    words: ['agent', 'plan'],
    changes: 'nothing',
    summary: 'List what the agent will do, and when, if all goes well',
    parameters: table.agentPlanParameters,
    example: 'agent plan days 90',
    load: () => import('./commands/agent-plan.ts'),
  }),
  defineCommand({
    words: ['agent', 'stop'],
    changes: 'world',
    hasPreview: false,
    summary: 'End the agent; what is outstanding is gone on with by the next one',
    parameters: {},
    load: () => import('./commands/agent-stop.ts'),
  }),
  defineCommand({
    words: ['agent', 'window', 'add'],
    changes: 'store',
    summary: 'Begin renewals only at certain times, unless it would be too late for a certificate',
    parameters: table.agentWindowParameters,
    example: 'agent window add nights cron "0 2 * * *" duration 3h timezone Europe/Berlin',
    load: () => import('./commands/agent-window-add.ts'),
  }),
  defineCommand({
    words: ['no', 'agent', 'window'],
    changes: 'store',
    summary: 'Forget a maintenance window; without any, renewals are begun at any time',
    parameters: table.noAgentWindowParameters,
    load: () => import('./commands/no-agent-window.ts'),
  }),
  defineCommand({
    words: ['show', 'agent', 'windows'],
    changes: 'nothing',
    summary: 'List the maintenance windows, and when each is open next',
    parameters: {},
    load: () => import('./commands/show-agent-windows.ts'),
  }),
];
