import type { Command } from './command.ts';
import { agentCommands } from './grammar-agent.ts';
import { auditCommands } from './grammar-audit.ts';
import { caCommands } from './grammar-ca.ts';
import { certCommands } from './grammar-cert.ts';
import { certificateCommands } from './grammar-certificate.ts';
import { cmpCommands } from './grammar-cmp.ts';
import { configCommands } from './grammar-config.ts';
import { deployCommands } from './grammar-deploy.ts';
import { ipsecCommands } from './grammar-ipsec.ts';
import { keepCommands } from './grammar-keep.ts';
import { keygenCommands } from './grammar-keygen.ts';
import { labCommands } from './grammar-lab.ts';
import { operationsCommands } from './grammar-operations.ts';
import { notifyCommands } from './grammar-notify.ts';
import { retrievalCommands } from './grammar-retrieval.ts';
import { stapleCommands } from './grammar-staple.ts';
import { storeCommands } from './grammar-store.ts';
import { toolCommands } from './grammar-tools.ts';
import { tokenCommands } from './grammar-token.ts';
import { validationCommands } from './grammar-validation.ts';
import type { Parameter } from './parameter.ts';

/** Every command there is. */
export const commands: readonly Command[] = [
  ...cmpCommands,
  ...agentCommands,
  ...configCommands,
  ...operationsCommands,
  ...caCommands,
  ...certCommands,
  ...certificateCommands,
  ...keepCommands,
  ...deployCommands,
  ...storeCommands,
  ...auditCommands,
  ...labCommands,
  ...keygenCommands,
  ...tokenCommands,
  ...retrievalCommands,
  ...notifyCommands,
  ...validationCommands,
  ...stapleCommands,
  ...ipsecCommands,
  ...toolCommands,
];

/** The parts of `certkeeper --help`, each with the first words of its commands; `no X …` goes with `X`. */
export const commandGroups: readonly {
  readonly title: string;
  readonly words: readonly string[];
}[] = [
  { title: 'Ask a CA', words: ['cmp'] },
  {
    title: 'Look and tidy',
    words: ['cert', 'certificate', 'hook', 'show', 'decode', 'retention', 'store', 'clear'],
  },
  { title: 'Set up a CA, fetch files', words: ['ca', 'retrieval', 'config'] },
  { title: 'Keep it running', words: ['agent', 'doctor', 'support'] },
  { title: 'Be told', words: ['snmp', 'notify'] },
  { title: 'Judge peers', words: ['verify', 'ocsp', 'ca-crl'] },
  { title: 'Make keys, use tokens; set how peers are judged', words: ['crypto'] },
  { title: 'Staple OCSP responses', words: ['staple'] },
  { title: 'Keep IPsec tunnels', words: ['ipsec'] },
  { title: 'Try things', words: ['lab', 'demo'] },
  { title: 'At the keyboard', words: ['shell', 'completion'] },
  {
    title: 'Only in certkeeper shell',
    words: ['configure', 'context', 'end', 'exit', 'help', 'version'],
  },
];

/** Options that may stand anywhere on a command line, by the word after `--`. */
export const globalParameters: Readonly<Record<string, Parameter>> = {
  json: { type: 'flag', summary: 'Print one JSON object with schemaVersion' },
  state: {
    type: 'directory',
    placeholder: 'DIR',
    summary: 'State directory (CERTKEEPER_STATE, else /var/lib/certkeeper or the user state home)',
  },
  'store-key': {
    type: 'secret',
    placeholder: 'SECRET',
    summary:
      'Key that secrets in the store are encrypted with (CERTKEEPER_STORE_KEY, else store.key)',
  },
  quiet: { type: 'flag', summary: 'Say nothing of what went well' },
  verbose: { type: 'flag', summary: 'Say what is being done, and where an error came from' },
  yes: { type: 'flag', summary: 'Answer yes to questions' },
  help: { type: 'flag', summary: 'Explain a command, or a group of commands' },
  version: { type: 'flag', summary: 'Print the version' },
};
