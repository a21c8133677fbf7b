import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/parse.ts';
import { configJsonSchema } from '../../src/config/schema.ts';
import { storedSections } from '../../src/config/sections.ts';
import { caWords } from '../../src/config/words-ca.ts';
import { autoFetchWords, deployWords, hookWords } from '../../src/config/words-certificate.ts';
import {
  certTrapWords,
  notifyCommandWords,
  notifyLogWords,
  snmpDestinationWords,
  webhookWords,
} from '../../src/config/words-notifications.ts';
import {
  retentionWords,
  retrievalWords,
  tokenWords,
  windowWords,
} from '../../src/config/words-settings.ts';
import { caAddParameters } from '../../src/cli/parameters-ca.ts';
import { agentWindowParameters, autoFetchParameters } from '../../src/cli/parameters-agent.ts';
import { retentionParameters } from '../../src/cli/parameters-audit.ts';
import { certDeployParameters, certHookParameters } from '../../src/cli/parameters-deploy.ts';
import {
  certTrapParameters,
  notifyCommandParameters,
  notifyLogParameters,
  notifyWebhookParameters,
  snmpAddParameters,
} from '../../src/cli/parameters-notify.ts';
import { retrievalServerParameters } from '../../src/cli/parameters-retrieval.ts';
import { tokenAddParameters } from '../../src/cli/parameters-token.ts';

const example = join(import.meta.dirname, '../../examples/gateway.yaml');

describe('the configuration file', () => {
  it('has an example in which every section is, and nothing is wrong', () => {
    const { file, faults } = parseConfig(readFileSync(example));
    expect(faults.list()).toStrictEqual([]);
    expect(Object.keys(file ?? {})).toStrictEqual(Object.keys(storedSections));
  });

  it.each([
    // What a file from an open network is held against, and the name itself, are not of the file.
    ['ca', caWords, caAddParameters, ['label', 'root-fingerprint']],
    ['certificates.…deploy', deployWords, certDeployParameters, ['cert-name', 'to', 'later']],
    ['retrieval', retrievalWords, retrievalServerParameters, ['server', 'root-fingerprint']],
    ['retention', retentionWords, retentionParameters, []],
    ['maintenance-windows', windowWords, agentWindowParameters, ['name']],
    ['tokens', tokenWords, tokenAddParameters, ['token']],
    ['cert-trap', certTrapWords, certTrapParameters, []],
    ['snmp.destination', snmpDestinationWords, snmpAddParameters, ['name']],
    ['notify.webhook', webhookWords, notifyWebhookParameters, ['name']],
    ['notify.command', notifyCommandWords, notifyCommandParameters, ['name']],
    ['notify.log', notifyLogWords, notifyLogParameters, ['name']],
    ['certificates.…hook', hookWords, certHookParameters, ['cert-name']],
    // The CA profile is that of the certificate, once there is one.
    ['certificates.…auto-fetch', autoFetchWords, autoFetchParameters, ['current-name', 'ca-root']],
  ] as const)('has in %s the words of the command', (_section, words, parameters, others) => {
    expect(Object.keys(words).toSorted()).toStrictEqual(
      Object.keys(parameters)
        .filter((word) => !others.some((other) => other === word))
        .toSorted(),
    );
  });

  it('has a JSON Schema that allows its sections, with a sentence on each key, and no others', () => {
    const schema = configJsonSchema();
    expect(schema).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      additionalProperties: false,
      properties: {
        ca: {
          additionalProperties: {
            required: ['url'],
            additionalProperties: false,
            properties: {
              pvno: { type: 'integer', minimum: 2, maximum: 3 },
              'implicit-confirm': { type: 'boolean' },
              secret: { pattern: '^((file|env|cred):.+|\\(stored\\)|none)$' },
              root: { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] },
            },
          },
        },
        'cert-store': { properties: { key: { enum: ['new', 'reuse'] } } },
        retention: { properties: { versions: { type: 'integer', minimum: 0, maximum: 1000 } } },
      },
    });
    expect(Object.keys(Object(schema['properties']))).toStrictEqual(Object.keys(storedSections));
    const words = JSON.stringify(schema).match(/"description":/g) ?? [];
    expect(words.length).toBeGreaterThan(80);
  });
});
